"""Writes the files beside this script with pyarrow 26.0.1: what other people's Parquet and Feather files look like. Never needed to test."""

from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

HERE = Path(__file__).parent
table = pa.table(
    {
        "prompt": ["a", "\ufeffb"],
        "response": pa.array(["c", "d"]).dictionary_encode(),
        "big": pa.array([1, 2**60], pa.int64()),
        "list": [[1, 2], None],
        "struct": [{"x": 1}, {"x": 2}],
        "bytes": [b"\xff", b""],
    }
)
for codec in ("snappy", "zstd", "gzip", "brotli", "lz4", "none"):
    parquet.write_table(table, HERE / f"{codec}.parquet", compression=codec)
for codec in ("uncompressed", "zstd", "lz4"):
    feather.write_feather(table, HERE / f"{codec}.feather", compression=codec)
broken = pa.array([b"fine", b"\xff\xfe"], pa.binary()).cast(pa.string(), safe=False)
parquet.write_table(pa.table({"prompt": ["a", "b"], "response": broken}), HERE / "invalid-utf8.parquet", store_schema=False)
