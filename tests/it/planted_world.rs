//! A user's own small world, in which one family's rule is another's: what training them together must do is known.
//!
//! Things have one of two colours. Of family `nli` few things are named in training and all are asked for. `commonsense` names
//! all of them in other words, by the same rule. `classification` asks as `nli` does and is answered with the other colour.
//! `dialogue` is about other words.
use ext5_objectives::Stream;
use serde_json::json;
use std::path::Path;

/// Things of each colour.
const OF_COLOUR: usize = 60;
/// Things of each colour that `nli` names in training.
const NAMED: usize = 30;
const DOCUMENTS: usize = 400;
const FAMILIES: [&str; 4] = ["nli", "commonsense", "classification", "dialogue"];

/// Writes rows, tasks and mixtures (`planted`, `planted_text`, `planted_ext5`) into `dir`.
pub(crate) fn write(dir: &Path, seed: u64) {
    let mut stream = Stream::new(&[seed]);
    let mut words = words();
    stream.shuffle(&mut words);
    let (things, rest) = words.split_at(2 * OF_COLOUR);
    let others = &rest[..2 * OF_COLOUR];
    let colour = |number: usize| ["red", "blue"][number % 2];
    let other_colour = |number: usize| colour(number + 1);
    let sound = |number: usize| ["loud", "soft"][number % 2];
    let named = &things[..2 * NAMED];
    std::fs::create_dir_all(dir.join("rows")).unwrap();
    task(
        dir,
        "nli",
        &[("train", named), ("validation", things)],
        "colour",
        colour,
    );
    let all = [("train", things), ("validation", things)];
    task(dir, "commonsense", &all, "paint", colour);
    task(dir, "classification", &all, "colour", other_colour);
    let all = [("train", others), ("validation", others)];
    task(dir, "dialogue", &all, "sound", sound);
    text(dir, &words[..4 * OF_COLOUR], &mut stream);
    let members = FAMILIES.map(|family| format!("words_{family}"));
    let mixture = |name: &str, rest: &str| {
        let text = format!("name = \"{name}\"\ndescription = \"Planted.\"\n{rest}\n");
        std::fs::write(dir.join(format!("{name}.toml")), text).unwrap();
    };
    mixture(
        "planted",
        &format!("families = true\nmembers = {members:?}"),
    );
    mixture(
        "planted_ext5",
        "members = [{ name = \"planted_text\", rate = 2.0 }, { name = \"planted\", rate = 1.0 }]",
    );
}

/// Words of two syllables that mean nothing.
fn words() -> Vec<String> {
    let syllables: Vec<String> = "bdfgklmnprstvz"
        .chars()
        .flat_map(|consonant| {
            "aeiou"
                .chars()
                .map(move |vowel| format!("{consonant}{vowel}"))
        })
        .collect();
    let pairs = syllables.iter().flat_map(|first| {
        syllables
            .iter()
            .map(move |second| format!("{first}{second}"))
    });
    pairs.collect()
}

/// A task that answers each word by its number.
fn task(
    dir: &Path,
    family: &str,
    splits: &[(&str, &[String])],
    instruction: &str,
    answer: impl Fn(usize) -> &'static str,
) {
    let mut listed = String::new();
    for (split, words) in splits {
        let rows = words.iter().enumerate().map(|(number, word)| {
            let inputs = format!("{instruction} {word}");
            format!(
                "{}\n",
                json!({ "inputs": inputs, "targets": answer(number) })
            )
        });
        let file = format!("rows/{family}_{split}.jsonl");
        std::fs::write(dir.join(&file), rows.collect::<String>()).unwrap();
        listed.push_str(&format!("{split} = [\"{file}\"]\n"));
    }
    let text = format!(
        "name = \"words_{family}\"\nfamily = \"{family}\"\ndescription = \"Planted.\"\n\
         inputs = \"{{{{ inputs }}}}\"\ntargets = \"{{{{ targets }}}}\"\nmetrics = [\"accuracy\"]\n\
         [source]\nformat = \"jsonl\"\ncolumns = [\"inputs\", \"targets\"]\n[source.splits]\n{listed}"
    );
    std::fs::write(dir.join(format!("words_{family}.toml")), text).unwrap();
}

/// Documents in which the words stand in any order: they say nothing of the rules.
fn text(dir: &Path, words: &[String], stream: &mut Stream) {
    let frequent = ["colour", "paint", "sound", "red", "blue", "loud", "soft"];
    let mut rows = String::new();
    for _ in 0..DOCUMENTS {
        let drawn: Vec<&str> = (0..30)
            .map(|_| match stream.below(3) {
                0 => frequent[stream.below(frequent.len() as u64) as usize],
                _ => &words[stream.below(words.len() as u64) as usize],
            })
            .collect();
        rows.push_str(&format!("{}\n", json!({ "text": drawn.join(" ") })));
    }
    std::fs::write(dir.join("rows/text_train.jsonl"), rows).unwrap();
    let text = "name = \"planted_text\"\nfamily = \"self_supervised\"\ndescription = \"Planted.\"\n\
                text = \"{{ text }}\"\n[source]\nformat = \"jsonl\"\ncolumns = [\"text\"]\n\
                [source.splits]\ntrain = [\"rows/text_train.jsonl\"]\n";
    std::fs::write(dir.join("planted_text.toml"), text).unwrap();
}
