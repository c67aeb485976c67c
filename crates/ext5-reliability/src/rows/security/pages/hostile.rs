//! Text that wants to be more than text.
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::row::Failure;

/// Each has the word `EVIL`, by which it is found again.
pub(super) const TEXTS: &[&str] = &[
    "<script>EVIL(1)</script>",
    "EVIL\"><img src=x onerror=evil(1)>",
    "EVIL' onmouseover='evil(1)",
    "</title></style></script></textarea><iframe src=//evil.example>EVIL",
    "--><marquee onstart=evil(1)>EVIL",
    "&lt;script&gt;EVIL&lt;/script&gt;&#60;script&#62;",
    "javascript:EVIL(1)//\"><object data=javascript:evil(1)>",
    "EVIL\u{202e}gnp.exe\u{2066}\u{200f}\u{0}\u{1b}[31m\u{85}",
    "]]><EVIL:x xmlns:evil='http://evil.example'>{{7*7}}${evil(1)}",
    "EVIL url(//evil.example/x.png) @import '//evil.example' http://evil.example/x.png",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example>EVIL<svg/onload=evil(1)>",
    "EVIL\u{feff}\u{fffe}<\u{0}script>\u{ff1c}script\u{ff1e}",
];

/// A cell of a megabyte that is nothing but tags.
pub(super) fn megabyte() -> Value {
    Value::from("<embed>EVIL".repeat(95_326))
}

/// Task, mixture and suite files, and rows, all hostile.
pub(super) fn write(dir: &Path) -> Result<(), Failure> {
    let quoted = |number: usize| {
        // What TOML cannot hold as it is, it holds escaped.
        let text = TEXTS[number % TEXTS.len()].replace('\0', "");
        Value::from(text)
            .to_string()
            .replace(['\u{7f}', '\u{85}'], "")
    };
    let task = |name: &str, file: &str| {
        format!(
            "name = \"{name}\"\nfamily = \"nli\"\ndescription = {}\nlicence = {}\ncitation = {}\n\
             labels = [{}, {}]\ninputs = \"{{{{ inputs }}}}\"\ntargets = \"{{{{ targets }}}}\"\nid = \"id\"\n\
             metrics = [\"exact_match\"]\npostprocess = \"none\"\n\
             exmix = {{ provenance = \"outside\", note = {} }}\n\
             [source]\nformat = \"jsonl\"\ncolumns = [\"inputs\", \"targets\", \"id\"]\nnotes = {}\nmanual = {}\n\
             [source.splits]\ntrain = [\"{file}\"]\nvalidation = [\"{file}\"]\n",
            quoted(0),
            quoted(1),
            quoted(2),
            quoted(3),
            quoted(4),
            quoted(5),
            quoted(6),
            quoted(10),
        )
    };
    let described = |kind: &str, members: &str| {
        format!(
            "name = \"hostile_{kind}\"\ndescription = {}\n{members}\n",
            quoted(0)
        )
    };
    let tasks = dir.join("tasks");
    fs::write(tasks.join("hostile.toml"), task("hostile", "rows.jsonl"))?;
    fs::write(
        tasks.join("hostile_absent.toml"),
        task("hostile_absent", "nothing.jsonl"),
    )?;
    // Of one the data are not here: the page says why.
    let members = "members = [\"hostile\", \"hostile_absent\"]";
    fs::write(
        tasks.join("hostile_mixture.toml"),
        described("mixture", members),
    )?;
    let members =
        "members = [{ task = \"hostile\", split = \"validation\", metrics = [\"exact_match\"] }]";
    fs::write(
        tasks.join("hostile_suite.toml"),
        described("suite", members),
    )?;
    let row = |number: usize| {
        let text = |offset: usize| TEXTS[(number + offset) % TEXTS.len()];
        json!({ "inputs": format!("{} {number}", text(0)), "targets": text(1), "id": format!("{}{number}", text(2)) })
    };
    let mut rows: Vec<String> = (0..40).map(|number| row(number).to_string()).collect();
    rows.push(json!({ "inputs": megabyte(), "targets": "EVIL", "id": "EVIL" }).to_string());
    fs::write(dir.join("data/rows.jsonl"), rows.join("\n") + "\n")?;
    Ok(())
}
