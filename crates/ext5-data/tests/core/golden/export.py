"""Writes a small table with pyarrow in every format that ext5 reads, and its rows as JSON.

python export.py        (pyarrow; the files beside this one are its output)
"""

import datetime
import json
import pathlib

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
DAY = datetime.date(2021, 11, 22)
TIME = datetime.datetime(2021, 11, 22, 12, 30, 15)

SCHEMA = pa.schema([
    ("text", pa.string()),
    ("large_text", pa.large_string()),
    ("category", pa.dictionary(pa.int8(), pa.string())),
    ("label", pa.int64()),
    ("small", pa.int8()),
    ("unsigned", pa.uint64()),
    ("score", pa.float32()),
    ("weight", pa.float64()),
    ("flag", pa.bool_()),
    ("raw", pa.binary()),
    ("nothing", pa.null()),
    ("day", pa.date32()),
    ("time", pa.timestamp("ms")),
    ("words", pa.list_(pa.string())),
    ("answers", pa.struct([("text", pa.list_(pa.string())), ("start", pa.list_(pa.int32()))])),
    ("turns", pa.list_(pa.struct([("speaker", pa.string()), ("slots", pa.list_(pa.list_(pa.string())))]))),
    ("scores", pa.map_(pa.string(), pa.int32())),
])

ROWS = [
    {
        "text": "Grün ist der Apfel.", "large_text": "a\nb", "category": "fruit", "label": 1, "small": -3,
        "unsigned": 2**64 - 1, "score": 3.8, "weight": 0.1, "flag": True, "raw": "né".encode(), "nothing": None,
        "day": DAY, "time": TIME, "words": ["eins", "zwei", None],
        "answers": {"text": ["Apfel"], "start": [13]},
        "turns": [{"speaker": "user", "slots": [["food", "thai"], ["area", "north"]]}, {"speaker": "system", "slots": []}],
        "scores": {"b": 2, "a": 1},
    },
    {
        "text": "", "large_text": "x" * 40, "category": None, "label": -1, "small": 127, "unsigned": 0,
        "score": float("nan"), "weight": float("inf"), "flag": False, "raw": b"", "nothing": None, "day": None, "time": None,
        "words": [], "answers": {"text": [], "start": []}, "turns": [], "scores": {},
    },
    {
        "text": None, "large_text": None, "category": "fruit", "label": None, "small": None, "unsigned": None, "score": None,
        "weight": None, "flag": None, "raw": None, "nothing": None, "day": None, "time": None, "words": None, "answers": None,
        "turns": None, "scores": None,
    },
]


def plain(value, kind):
    """`value` as ext5 is to give it: finite numbers, texts for bytes and times, objects for maps."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {key: plain(item, kind.item_type) for key, item in value}
    if pa.types.is_list(kind):
        return [plain(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind}
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if pa.types.is_float32(kind):
        value = float(format(value, ".7g"))
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value


table = pa.Table.from_pylist([dict(row, scores=row["scores"] and list(row["scores"].items())) for row in ROWS], SCHEMA)
read_back = [{field.name: plain(row[field.name], field.type) for field in SCHEMA} for row in table.to_pylist()]
(HERE / "types.json").write_text(json.dumps(read_back, ensure_ascii=False, indent=1) + "\n")
pq.write_table(table, HERE / "types_snappy.parquet", compression="snappy", row_group_size=2)
pq.write_table(table, HERE / "types_zstd.parquet", compression="zstd", data_page_version="2.0", version="2.6")
feather.write_feather(table, HERE / "types_file.arrow", compression="uncompressed", chunksize=2)
with pa.ipc.new_stream(HERE / "types_stream.arrow", SCHEMA) as stream:
    for batch in table.to_batches(max_chunksize=1):
        stream.write_batch(batch)
