/// One row of a source: column name to value, in the order of the columns.
///
/// Lists are arrays, structs and maps are objects, binary text is a string, times are strings in ISO 8601, and what is
/// null or not a finite number is null.
pub type Row = serde_json::Map<String, serde_json::Value>;
