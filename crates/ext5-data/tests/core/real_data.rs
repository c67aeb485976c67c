use std::fs::File;
use std::path::PathBuf;

use ext5_data::Format;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::{source, values};

/// Every Parquet file of the data folder is read in full; its manifest, written by others, says how many rows each has.
#[test]
fn every_row_of_the_real_data_is_read() {
    let Some(shared) = std::env::var_os("EXT5_SHARED") else {
        println!("skipped: EXT5_SHARED is not set");
        return;
    };
    let root = PathBuf::from(shared).join("data");
    let columns = ["dataset", "split", "rows"];
    let manifest = values(&source(&root, Format::Csv, "MANIFEST.csv", &columns)).unwrap();
    let mut total = 0;
    for line in &manifest {
        let text = |column: &str| line[column].as_str().unwrap();
        let name = format!("{}/{}.parquet", text("dataset"), text("split"));
        if !root.join(&name).exists() {
            continue;
        }
        let file = File::open(root.join(&name)).unwrap();
        let schema = ParquetRecordBatchReaderBuilder::try_new(file)
            .unwrap()
            .schema()
            .clone();
        let columns: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        let rows = source(&root, Format::Parquet, &name, &columns)
            .rows("train")
            .unwrap();
        let mut count = 0;
        for row in rows {
            assert_eq!(row.unwrap().values.len(), columns.len(), "{name}");
            count += 1;
        }
        assert_eq!(count.to_string(), text("rows"), "{name}");
        total += count;
    }
    println!("{total} rows of {} files", manifest.len());
    assert!(total > 0);
}
