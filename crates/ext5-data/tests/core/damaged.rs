use std::fs;
use std::path::Path;

use ext5_data::{ErrorKind, Format};
use ext5_objectives::Stream;

use crate::{source, values};

/// Mutants of each file.
const MUTANTS: u64 = 300;

/// Overwrites, cuts or inserts a few bytes, as a pure function of `seed`.
fn mutated(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut stream = Stream::new(&[seed]);
    let mut bytes = bytes.to_vec();
    for _ in 0..=stream.below(4) {
        let at = stream.below(bytes.len() as u64) as usize;
        match stream.below(8) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, stream.next_u64() as u8),
            2 => bytes[at] = 0xff,
            3 => bytes[at] = 0,
            _ => bytes[at] ^= 1 << stream.below(8),
        }
    }
    bytes
}

#[test]
fn damaged_files_give_errors_that_name_them_and_never_panic() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/golden");
    let dir = tempfile::tempdir().unwrap();
    let columns = ["text", "category", "score", "turns", "scores", "time"];
    let (mut errors, mut gave_up) = (0, 0);
    for (format, name) in [
        (Format::Parquet, "types_snappy.parquet"),
        (Format::Parquet, "types_zstd.parquet"),
        (Format::Arrow, "types_file.arrow"),
        (Format::Arrow, "types_stream.arrow"),
    ] {
        let whole = fs::read(golden.join(name)).unwrap();
        for seed in 0..MUTANTS {
            let path = dir.path().join(name);
            fs::write(&path, mutated(&whole, seed)).unwrap();
            if let Err(error) = values(&source(dir.path(), format, name, &columns)) {
                assert_eq!(error.kind(), ErrorKind::Data, "{error}");
                assert!(error.to_string().contains(name), "{error}");
                errors += 1;
                gave_up += u32::from(error.to_string().contains("gave up"));
            }
        }
    }
    println!(
        "{errors} errors of {} mutants, {gave_up} of them contained panics",
        4 * MUTANTS
    );
    assert!(errors > 300, "the mutants are too tame: {errors}");
}

#[test]
fn a_file_of_another_kind_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    for bytes in [
        b"".as_slice(),
        b"PAR1",
        b"ARROW1",
        b"hello world, this is no table",
        &[0; 64],
    ] {
        fs::write(dir.path().join("x"), bytes).unwrap();
        for format in [Format::Parquet, Format::Arrow] {
            let error = values(&source(dir.path(), format, "x", &["a"])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        }
    }
}

/// An Arrow file says in its footer how long its parts are. What is longer than the file is refused before room is made for it.
#[test]
fn an_arrow_file_is_not_believed_about_lengths_beyond_it() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/golden");
    let whole = fs::read(golden.join("types_file.arrow")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let told = |bytes: &[u8]| {
        fs::write(dir.path().join("x"), bytes).unwrap();
        let error = values(&source(dir.path(), Format::Arrow, "x", &["text"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        error.to_string()
    };
    // The last ten bytes: the length of the footer and the magic.
    let end = whole.len() - 10;
    let mut bytes = whole.clone();
    bytes[end..end + 4].copy_from_slice(&i32::MAX.to_le_bytes());
    let error = told(&bytes);
    assert!(
        error.contains("its footer announces 2147483657 bytes"),
        "{error}"
    );
    // The first block begins behind the schema; its place in the footer is followed by the lengths of its two parts.
    let footer_length = u32::from_le_bytes(whole[end..end + 4].try_into().unwrap()) as usize;
    let footer = arrow::ipc::root_as_footer(&whole[end - footer_length..end]).unwrap();
    let block = footer.recordBatches().unwrap().get(0).0;
    let at = whole
        .windows(block.len())
        .rposition(|window| window == block);
    let mut bytes = whole.clone();
    let body = at.unwrap() + 16;
    bytes[body..body + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
    let error = told(&bytes);
    assert!(error.contains("of its footer announces 1099511"), "{error}");
    // A stream says so in each message: behind the mark and its length, that of a body in the flat buffer.
    let whole = fs::read(golden.join("types_stream.arrow")).unwrap();
    let mut bytes = whole.clone();
    bytes[4..8].copy_from_slice(&i32::MAX.to_le_bytes());
    let error = told(&bytes);
    assert!(
        error.contains("message 1 announces 2147483647 bytes"),
        "{error}"
    );
}
