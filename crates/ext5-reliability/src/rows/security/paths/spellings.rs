//! How a path is written by those who want out.
use std::path::Path;

/// One way to write it.
pub(super) struct Spelling {
    pub(super) text: String,
    /// It goes over a link that lies in the directory: what its owner has linked to may be read, but not written.
    pub(super) is_link: bool,
}

/// All ways; `canary` is a file outside.
pub(super) fn spellings(canary: &Path) -> Vec<Spelling> {
    let absolute = canary.display();
    let mut all: Vec<String> = [
        "../canary.jsonl",
        "../../canary.jsonl",
        "../../../canary.jsonl",
        "../../../../canary.jsonl",
        "./../canary.jsonl",
        "x/../../canary.jsonl",
        "x/../../../../canary.jsonl",
        "data/..//..//canary.jsonl",
        "../root/../canary.jsonl",
        "../rootx/canary.jsonl",
        "....//canary.jsonl",
        "..",
        ".",
        "",
        "/",
        "~/canary.jsonl",
        "$HOME/canary.jsonl",
        "C:\\canary.jsonl",
        "C:canary.jsonl",
        "C:/canary.jsonl",
        "\\\\server\\share\\canary.jsonl",
        "\\\\?\\C:\\canary.jsonl",
        "//server/share/canary.jsonl",
        "..\\canary.jsonl",
        "x\\..\\..\\canary.jsonl",
        "%2e%2e/canary.jsonl",
        "%2e%2e%2fcanary.jsonl",
        "..%2fcanary.jsonl",
        "%252e%252e%252fcanary.jsonl",
        "..%00/canary.jsonl",
        "../canary.jsonl\0",
        "x\0/../../canary.jsonl",
        ".. /canary.jsonl",
        "../canary.jsonl.",
        "../canary.jsonl ",
        "\u{ff0e}\u{ff0e}/canary.jsonl",
        "..\u{ff0f}canary.jsonl",
        "..\u{2215}canary.jsonl",
        "\u{202e}../canary.jsonl",
        "\n../canary.jsonl",
        "CON",
        "NUL.jsonl",
        "canary.jsonl::$DATA",
        "-rf",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(absolute.to_string());
    all.push(format!("/{absolute}"));
    all.push(format!("file://{absolute}"));
    all.push("a".repeat(4096));
    all.push(format!("{}canary.jsonl", "../".repeat(1365)));
    let links = ["link.jsonl", "linked/canary.jsonl", "hard.jsonl"];
    let of = |is_link| move |text: String| Spelling { text, is_link };
    let linked = links.map(str::to_owned).into_iter().map(of(true));
    all.into_iter().map(of(false)).chain(linked).collect()
}
