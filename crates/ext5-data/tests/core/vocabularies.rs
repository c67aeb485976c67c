use std::fs;

use ext5_data::{ErrorKind, load_vocabulary};

#[test]
fn bytes_need_no_file_and_have_as_many_sentinels_as_asked() {
    assert_eq!(load_vocabulary("bytes").unwrap().extra_ids(), 100);
    assert_eq!(load_vocabulary("bytes:7").unwrap().extra_ids(), 7);
}

#[test]
fn absent_and_damaged_vocabularies_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let load = |path: &std::path::Path| {
        load_vocabulary(path.to_str().unwrap())
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(load(&dir.path().join("no")).kind(), ErrorKind::Missing);
    assert_eq!(load(dir.path()).kind(), ErrorKind::Missing);
    for (name, bytes) in [
        ("tokenizer.json", b"{}".as_slice()),
        ("spiece.model", b"\xff\xff"),
    ] {
        fs::write(dir.path().join(name), bytes).unwrap();
        let error = load(dir.path());
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains(name), "{error}");
    }
}
