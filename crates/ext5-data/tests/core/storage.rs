use std::fs;
use std::io;

use ext5_data::storage::{self, lock};
use ext5_data::{Error, ErrorKind, door};
use proptest::prelude::*;

use crate::message;

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    let disk = storage::local();
    disk.write(&path, b"old").unwrap();
    let error = disk
        .write_with(&path, &mut |file| {
            file.write_all(b"half of the ne")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(matches!(error, Error::Full { path: ref at, .. } if *at == path));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    disk.write(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn unfinished_files_are_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    let disk = storage::local();
    for name in ["b", "a"] {
        disk.write(&dir.path().join(name), b"").unwrap();
    }
    fs::write(dir.path().join(".tmp-1-0-c"), "left by a killed process").unwrap();
    assert_eq!(
        disk.list(dir.path()).unwrap(),
        ["a", "b"].map(|name| dir.path().join(name))
    );
    assert_eq!(
        disk.list(&dir.path().join("no")).unwrap_err().kind(),
        ErrorKind::Missing
    );
}

#[test]
fn logs_grow_and_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, path) = (storage::local(), dir.path().join("log.jsonl"));
    disk.append(&path, b"1\n").unwrap();
    disk.append(&path, b"2\n").unwrap();
    disk.sync(&path).unwrap();
    disk.truncate(&path, 2).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"1\n");
    assert_eq!(disk.truncate(&path, 9).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_directory_appears_at_once_and_never_over_another() {
    let dir = tempfile::tempdir().unwrap();
    let disk = storage::local();
    let (made, place) = (dir.path().join("step_1.tmp"), dir.path().join("step_1"));
    disk.create_dir(&made).unwrap();
    disk.create_dir(&made).unwrap();
    disk.write(&made.join("model"), b"x").unwrap();
    disk.rename(&made, &place).unwrap();
    assert!(disk.exists(&place.join("model")).unwrap() && !disk.exists(&made).unwrap());
    disk.create_dir(&made).unwrap();
    assert_eq!(
        disk.rename(&made, &place).unwrap_err().kind(),
        ErrorKind::Io
    );
    disk.remove(&place).unwrap();
    disk.remove(&place).unwrap();
    assert!(!disk.exists(&place).unwrap());
}

#[test]
fn a_locked_directory_names_its_holder_until_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let held = lock(dir.path()).unwrap();
    let error = lock(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(
        message(&error).contains(&format!("process {} on ", std::process::id()))
            && message(&error).contains(" since 2"),
        "{error}"
    );
    drop(held);
    lock(dir.path()).unwrap();
}

#[test]
fn the_door_tells_missing_directory_large_and_damaged_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    let error = door::read(&dir.path().join("no/x"), 9).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(
        message(&error).contains("nor does its directory"),
        "{error}"
    );
    assert_eq!(door::read(dir.path(), 9).unwrap_err().kind(), ErrorKind::Io);
    fs::write(&path, b"ten bytes!").unwrap();
    assert_eq!(door::read(&path, 10).unwrap(), b"ten bytes!");
    assert!(matches!(
        door::read(&path, 9),
        Err(Error::TooLarge {
            size: 10,
            limit: 9,
            ..
        })
    ));
    fs::write(&path, b"a\xff").unwrap();
    assert!(message(&door::read_text(&path, 9).unwrap_err()).contains("byte 1 is not UTF-8"));
    let error = door::parse::<(), String>(&path, || panic!("index {} is odd", 7)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(
        message(&error).contains("its reader gave up: index 7 is odd"),
        "{error}"
    );
}

#[test]
fn what_is_named_as_packed_is_packed() {
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        door::open_stream(&path).map(drop).map_err(|error| {
            assert_eq!(error.kind(), ErrorKind::Data);
            assert!(message(&error).contains(name), "{error}");
            message(&error)
        })
    };
    // RFC 1952: a member begins with 1f 8b; cut off before that, it is no gzip file.
    for (bytes, reason) in [
        (b"".as_slice(), "it is empty"),
        (b"\x1f", "gzip did not pack it"),
        (b"{\"a\": 1}\n", "plain text needs a name without"),
    ] {
        let error = told("rows.jsonl.GZ", bytes).unwrap_err();
        assert!(
            error.contains(reason) && error.contains("fetch or make it again"),
            "{error}"
        );
    }
    told("rows.jsonl.gz", b"\x1f\x8b\x08").unwrap();
    told("rows.jsonl", b"").unwrap();
    // RFC 8878: a frame begins with fd2fb528, least first.
    for (name, bytes) in [
        ("rows.jsonl", b"\x28\xb5\x2f\xfd".as_slice()),
        ("rows.jsonl.zst", b""),
    ] {
        assert!(
            told(name, bytes).unwrap_err().contains("unpack it"),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn refused_access_is_of_its_own_kind() {
    let path = std::path::Path::new("x").to_owned();
    for kind in [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
    ] {
        let error = Error::Io {
            action: "write",
            path: path.clone(),
            source: kind.into(),
        };
        assert_eq!(error.kind().exit_code(), 77);
    }
    let full = Error::Io {
        action: "write",
        path,
        source: io::ErrorKind::StorageFull.into(),
    };
    assert_eq!(full.kind().exit_code(), 74);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        storage::local().write(&path, &bytes).unwrap();
        prop_assert_eq!(door::read(&path, 5000).unwrap(), bytes);
    }
}
