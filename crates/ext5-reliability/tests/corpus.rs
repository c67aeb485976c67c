//! The corpora of the fuzz targets, replayed: whatever once was found stays found.
use std::path::Path;

use ext5_reliability::fuzz::TARGETS;

#[test]
fn no_file_of_a_corpus_panics() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    for (name, body) in TARGETS {
        let files = std::fs::read_dir(corpora.join(name)).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() >= 20, "{name} has {} files", paths.len());
        for path in paths {
            body(&std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn every_corpus_and_every_target_has_a_body() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz");
    let names = |folder: &str| {
        let files = std::fs::read_dir(fuzz.join(folder)).unwrap();
        let mut names: Vec<String> = files
            .map(|file| {
                file.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    };
    let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names("corpus"), known);
    assert_eq!(names("fuzz_targets"), known);
}
