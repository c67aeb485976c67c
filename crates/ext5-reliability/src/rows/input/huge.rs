//! Files that ask for more than they are worth.
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::mutate::varint;
use crate::row::Failure;

/// A file in the making: its name, and what is written into it.
pub(super) struct Huge {
    /// What is huge about it.
    pub(super) what: &'static str,
    /// Its name, which says how it is read.
    pub(super) name: &'static str,
    /// Writes it.
    pub(super) write: fn(&mut File) -> Result<(), Failure>,
}

const GIB: u64 = 1 << 30;

/// All of them.
pub(super) const FILES: &[Huge] = &[
    Huge {
        what: "a line of 1 GiB",
        name: "rows.jsonl",
        write: |file| Ok(file.set_len(GIB)?),
    },
    Huge {
        what: "a quote that stays open for 1 GiB",
        name: "rows.csv",
        write: open_quote,
    },
    Huge {
        what: "10^6 nested arrays in a line",
        name: "rows.jsonl",
        write: |file| nested(file, "{\"text\": ", "["),
    },
    Huge {
        what: "10^6 nested arrays in a configuration",
        name: "config.json",
        write: |file| nested(file, "{\"x\": ", "["),
    },
    Huge {
        what: "10^6 nested objects in a vocabulary",
        name: "tokenizer.json",
        write: |file| nested(file, "{\"x\": ", "{\"a\":"),
    },
    Huge {
        what: "10^6 nested arrays in TOML",
        name: "run.toml",
        write: |file| nested(file, "x = ", "["),
    },
    Huge {
        what: "10^5 nested parentheses in a template",
        name: "task.toml",
        write: parentheses,
    },
    Huge {
        what: "10^6 columns of Parquet",
        name: "rows.parquet",
        write: columns,
    },
    Huge {
        what: "10^5 tensors",
        name: "model.safetensors",
        write: tensors,
    },
    Huge {
        what: "a header of 100 MB",
        name: "model.safetensors",
        write: header,
    },
    Huge {
        what: "10^6 entries of an index",
        name: "model.safetensors.index.json",
        write: index,
    },
    Huge {
        what: "a vocabulary of 10^7 in JSON",
        name: "tokenizer.json",
        write: pieces,
    },
    Huge {
        what: "a vocabulary of 10^7 of SentencePiece",
        name: "spiece.model",
        write: sentence_pieces,
    },
    Huge {
        what: "10^6 files of a manifest",
        name: "manifest.json",
        write: manifest,
    },
    Huge {
        what: "10 GiB of blank lines in 10 MB of gzip",
        name: "rows.jsonl",
        write: gzip,
    },
    Huge {
        what: "a text of 384 MiB in 40 KB of zstd",
        name: "rows.parquet",
        write: zstd,
    },
    Huge {
        what: "a message of 2 GiB announced",
        name: "rows.arrow",
        write: announced,
    },
];

fn open_quote(file: &mut File) -> Result<(), Failure> {
    file.write_all(b"text,label,score\n1,2,3\n\"")?;
    Ok(file.set_len(GIB)?)
}

fn nested(file: &mut File, before: &str, unit: &str) -> Result<(), Failure> {
    file.write_all(before.as_bytes())?;
    Ok(file.write_all(unit.repeat(1_000_000).as_bytes())?)
}

fn parentheses(file: &mut File) -> Result<(), Failure> {
    let inputs = format!("\"{{{{ {}1 }}}}\"", "(".repeat(100_000));
    Ok(file.write_all(super::formats::task_text("task", &inputs).as_bytes())?)
}

/// A footer in Thrift's compact form: a root with so many columns, no rows.
fn columns(file: &mut File) -> Result<(), Failure> {
    const COLUMNS: u64 = 1_000_000;
    let zigzag = |value: u64| varint(value << 1);
    // Version 1; a list of structs.
    let mut footer = [vec![0x15], zigzag(1), vec![0x19, 0xfc], varint(COLUMNS + 1)].concat();
    // The root: its name (field 4), its number of children (field 5).
    footer.extend([vec![0x48, 1, b'r', 0x15], zigzag(COLUMNS), vec![0]].concat());
    for _ in 0..COLUMNS {
        // Type int32 (field 1), required (field 3), a name (field 4).
        footer.extend([0x15, 2, 0x25, 0, 0x18, 1, b'c', 0]);
    }
    // No rows (field 3), no groups (field 4).
    footer.extend([0x16, 0, 0x19, 0x0c, 0]);
    let length = (footer.len() as u32).to_le_bytes();
    Ok(file.write_all(&[b"PAR1".to_vec(), footer, length.to_vec(), b"PAR1".to_vec()].concat())?)
}

fn with_header(file: &mut File, header: &str) -> Result<(), Failure> {
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    Ok(file.write_all(header.as_bytes())?)
}

fn tensors(file: &mut File) -> Result<(), Failure> {
    let tensor = |number| {
        format!("\"t{number}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")
    };
    let tensors: Vec<String> = (0..100_000).map(tensor).collect();
    with_header(file, &format!("{{{}}}", tensors.join(",")))
}

fn header(file: &mut File) -> Result<(), Failure> {
    let text = "x".repeat(99_000_000);
    with_header(file, &format!("{{\"__metadata__\":{{\"a\":\"{text}\"}}}}"))
}

fn index(file: &mut File) -> Result<(), Failure> {
    let entries: Vec<String> = (0..1_000_000)
        .map(|number| format!("\"t{number}\":\"f{number}\""))
        .collect();
    Ok(file.write_all(format!("{{\"weight_map\":{{{}}}}}", entries.join(",")).as_bytes())?)
}

fn pieces(file: &mut File) -> Result<(), Failure> {
    file.write_all(b"{\"version\":\"1.0\",\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0]")?;
    let piece: String = (0..1000)
        .map(|number| format!(",[\"p{number}\",-1]"))
        .collect();
    for _ in 0..10_000 {
        file.write_all(piece.as_bytes())?;
    }
    Ok(file.write_all(b"]}}")?)
}

fn sentence_pieces(file: &mut File) -> Result<(), Failure> {
    let piece = [b"\x0a\x08\x0a\x01p\x15\x00\x00\x80\xbf".as_slice()].concat();
    let many = piece.repeat(1000);
    for _ in 0..10_000 {
        file.write_all(&many)?;
    }
    Ok(())
}

fn manifest(file: &mut File) -> Result<(), Failure> {
    let hash = "0".repeat(64);
    file.write_all(b"{\"format\":1,\"step\":1,\"files\":{\"a\":{\"bytes\":0,\"blake3\":\"\"}")?;
    for first in (0..1_000_000).step_by(1000) {
        let entries: String = (first..first + 1000)
            .map(|number| format!(",\"f{number}\":{{\"bytes\":0,\"blake3\":\"{hash}\"}}"))
            .collect();
        file.write_all(entries.as_bytes())?;
    }
    Ok(file.write_all(b"}}")?)
}

/// Gzip packs a thousandfold at most; what follows one another is one stream.
fn gzip(file: &mut File) -> Result<(), Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'\n'; 64 << 20])?;
    let member = encoder.finish()?;
    for _ in 0..160 {
        file.write_all(&member)?;
    }
    Ok(())
}

fn zstd(file: &mut File) -> Result<(), Failure> {
    let text = "a".repeat(384 << 20);
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values([text.as_str()]));
    drop(text);
    let label: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch =
        RecordBatch::try_from_iter([("text", texts), ("label", label.clone()), ("score", label)])?;
    let properties = WriterProperties::builder()
        .set_compression(Codec::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn announced(file: &mut File) -> Result<(), Failure> {
    Ok(file.write_all(b"\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x00")?)
}

/// Makes a file in a directory.
pub(super) fn make(huge: &Huge, dir: &Path) -> Result<PathBuf, Failure> {
    let path = dir.join(huge.name);
    (huge.write)(&mut File::create(&path)?)?;
    Ok(path)
}
