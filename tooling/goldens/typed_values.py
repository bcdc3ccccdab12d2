"""Writes test-fixtures/golden/data-io/typed-values: one table of every type in Arrow (file, stream, Zstandard, LZ4), Parquet (two ways) and JSON Lines.

Needs pyarrow==26.0.1 and nothing else of requirements.txt. The JSON Lines are the rule of packages/data-io/src/formats/values.ts, stated here a
second time from pyarrow's own values, so that the reader's code is not compared with itself.

- `every.*`: types that both Parquet and Arrow have; `every-integers.parquet` stores decimals as integers, with plain pages of version 2.
- `arrow.*`: types that only Arrow has: views in structs, unions, intervals, dictionaries of dictionaries' values, decimals of 32 and 64 bits.
- `long-lz4.feather`: half a megabyte of lines in a frame of linked blocks.
- `int96.parquet`: the old timestamps of Impala and Spark. `unsupported-*.arrow`: types that the reader names and refuses.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import gzip
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

FIXTURES = Path(__file__).resolve().parents[2] / "test-fixtures"
FOLDER = FIXTURES / "golden" / "data-io" / "typed-values"
MARK = "\ufeff"
EXACT_DIGITS = 15
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY = 86_400
LONG = "a text that does not fit into the twelve bytes of a view, with an ü"


def value_of(scalar: pa.Scalar) -> object:
    """The rule, type by type."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.ExtensionScalar):
        if kind.extension_name == "arrow.json":
            return json.loads(scalar.value.as_py())
        return str(scalar.as_py())
    if isinstance(scalar, pa.DictionaryScalar):
        return value_of(scalar.value)
    if isinstance(scalar, pa.UnionScalar):
        return value_of(scalar.value)
    if pa.types.is_integer(kind):
        return exact_integer(scalar.as_py())
    if pa.types.is_floating(kind):
        number = float(scalar.as_py())
        return number if number - number == 0 else None
    if pa.types.is_decimal(kind):
        return exact_decimal(scalar.as_py())
    if pa.types.is_fixed_size_binary(kind):
        return base64.b64encode(scalar.as_py()).decode()
    if any(test(kind) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)):
        return text_or_base64(scalar.as_py())
    if pa.types.is_date(kind):
        return scalar.as_py().isoformat()
    if pa.types.is_timestamp(kind):
        seconds, rest = divmod(scalar.value, PER_SECOND[kind.unit])
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        return moment.isoformat() + fraction(rest, kind.unit) + ("" if kind.tz is None else "Z")
    if pa.types.is_time(kind):
        seconds, rest = divmod(scalar.value, PER_SECOND[kind.unit])
        return str(datetime.time(seconds // 3600, seconds // 60 % 60, seconds % 60)) + fraction(rest, kind.unit)
    if pa.types.is_duration(kind):
        return exact_integer(scalar.value)
    if kind == pa.month_day_nano_interval():
        return interval(*scalar.as_py())
    if pa.types.is_map(kind):
        pairs = [(pair["key"], pair["value"]) for pair in scalar.values]
        return {key_of(key): value_of(value) for key, value in pairs}
    if pa.types.is_struct(kind):
        return {name: value_of(scalar[name]) for name in scalar}
    if isinstance(scalar, (pa.ListScalar, pa.FixedSizeListScalar, pa.LargeListScalar)):
        return [value_of(item) for item in scalar.values]
    return scalar.as_py()


def exact_integer(number: int) -> int | str:
    return number if abs(number) < 2**53 else str(number)


def exact_decimal(number: decimal.Decimal) -> int | float | str:
    if number == number.to_integral_value():
        whole = int(number)
        return whole if abs(whole) < 2**53 else f"{number:f}"
    digits = len(number.as_tuple().digits) - (len(f"{number:f}") - len(f"{number:f}".rstrip("0")))
    return float(number) if digits <= EXACT_DIGITS else f"{number:f}"


def text_or_base64(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def fraction(rest: int, unit: str) -> str:
    digits = f"{rest * (10**9 // PER_SECOND[unit]):09d}"
    return "." + (digits[:3] if digits[3:] == "000000" else digits[:6] if digits[6:] == "000" else digits)


def interval(months: int, days: int, nanoseconds: int) -> str:
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    if nanoseconds == 0 and date:
        return f"P{date}"
    seconds, rest = divmod(abs(nanoseconds), 10**9)
    text = f"{seconds}.{rest:09d}".rstrip("0").rstrip(".")
    return f"P{date}T{'-' if nanoseconds < 0 else ''}{text}S"


def key_of(key: pa.Scalar) -> str:
    value = value_of(key)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def shared_columns() -> dict[str, pa.Array]:
    """Three rows: an ordinary one, an extreme one, one of nulls (but for prompt and response)."""
    D = decimal.Decimal
    moment = datetime.datetime(2020, 1, 1, 1, 2, 3)
    texts = [f"{MARK}{LONG}", f"{MARK}short", None]
    nested = pa.struct([("text", pa.list_(pa.large_string())), ("starts", pa.list_(pa.int64())), ("inner", pa.struct([("when", pa.timestamp("us"))]))])
    columns: dict[str, pa.Array] = {
        "prompt": pa.array([f"{MARK}How do I bake bread?", f"{MARK}Why?", "Is rain wet?"], pa.string_view()),
        "response": pa.array([f"{MARK}With flour and with time.", "Because.", "Yes."], pa.large_string()),
        "utf8": pa.array(texts, pa.string()),
        "large utf8": pa.array(texts, pa.large_string()),
        "utf8 view": pa.array(texts, pa.string_view()),
        "dictionary": pa.array([texts[0], texts[0], None]).dictionary_encode(),
        "texts": pa.array([[texts[0], None, ""], [], None], pa.list_(pa.string())),
        "dictionary texts": pa.array([[texts[0], texts[0]], [], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "large list": pa.array([[[1], []], [None, [2, None]], None], pa.large_list(pa.list_(pa.int16()))),
        "fixed list": pa.array([[1.5, None], [2.5, 3.5], None], pa.list_(pa.float32(), 2)),
        "structs": pa.array(
            [
                [{"text": [f"{MARK}a", None], "starts": [1, 2**60], "inner": {"when": moment}}, None],
                [{"text": [], "starts": None, "inner": None}],
                None,
            ],
            pa.list_(nested),
        ),
        "map": pa.array([[("b", ["v"]), ("a", []), ("__proto__", None)], [], None], pa.map_(pa.string(), pa.list_(pa.string()))),
        "map of numbers": pa.array([[(2, D("1.50")), (1, None)], [], None], pa.map_(pa.int32(), pa.decimal128(6, 2))),
        "maps": pa.array([[{"m": [("k", [("x", 1)])]}, {"m": []}], [{"m": None}, None], None], pa.list_(pa.struct([("m", pa.map_(pa.string(), pa.map_(pa.string(), pa.int8())))]))),
        "decimal128": pa.array([D("-1.50"), D("99999999999999999999999999999999999.75"), None], pa.decimal128(38, 2)),
        "decimal256": pa.array([D("0.30"), D("-" + "9" * 74 + ".01"), None], pa.decimal256(76, 2)),
        "small decimal": pa.array([D("0.0000001"), D("-0.1234567"), None], pa.decimal128(9, 7)),
        "whole decimal": pa.array([D(9007199254740991), D(-9007199254740993), None], pa.decimal128(18, 0)),
        "half": pa.array([1.5, -6.103515625e-05, None], pa.float16()),
        "float": pa.array([0.1, float("inf"), None], pa.float32()),
        "double": pa.array([-0.1, float("nan"), None], pa.float64()),
        "boolean": pa.array([True, False, None]),
        "nothing": pa.nulls(3),
        "bytes": pa.array([b"\xff\x00", "ü".encode(), None], pa.binary()),
        "large bytes": pa.array([b"\xff", b"", None], pa.large_binary()),
        "bytes view": pa.array([b"\xff" * 20, b"text", None], pa.binary_view()),
        "fixed bytes": pa.array([b"abc", b"\xff\xfe\xfd", None], pa.binary(3)),
        "uuid": pa.array([bytes(range(16)), b"\xff" * 16, None], pa.uuid()),
        "json": pa.array(['{"a": [1, null]}', f'"{MARK}x"', None], pa.json_()),
        "date32": pa.array([datetime.date(2020, 2, 29), datetime.date(1, 1, 1), None], pa.date32()),
        "date64": pa.array([datetime.date(1969, 12, 31), datetime.date(9999, 12, 31), None], pa.date64()),
        "time32 s": pa.array([1, DAY - 1, None], pa.time32("s")),
        "time32 ms": pa.array([1, DAY * 1000 - 1, None], pa.time32("ms")),
        "time64 us": pa.array([1, DAY * 10**6 - 1, None], pa.time64("us")),
        "time64 ns": pa.array([1, DAY * 10**9 - 1, None], pa.time64("ns")),
    }
    for bits in (8, 16, 32, 64):
        columns[f"int{bits}"] = pa.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, None], f"int{bits}")
        columns[f"uint{bits}"] = pa.array([1, 2**bits - 1, None], f"uint{bits}")
    for unit, per_second in PER_SECOND.items():
        counts = [1_577_840_523 * per_second + (0 if unit == "s" else per_second // 1000), -1, None]
        for zone in (None, "UTC", "America/New_York"):
            columns[f"timestamp {unit} {zone}"] = pa.array(counts, pa.timestamp(unit, zone))
        columns[f"duration {unit}"] = pa.array([2**60, -1, None], pa.duration(unit))
    return columns


def arrow_columns() -> dict[str, pa.Array]:
    D = decimal.Decimal
    members = [pa.array([1, 2, 3], pa.int64()), pa.array([f"{MARK}a", "b", None])]
    views = pa.array([{"v": [f"{MARK}{LONG}", "x"]}, {"v": [None]}, None], pa.struct([("v", pa.list_(pa.string_view()))]))
    return {
        "prompt": pa.array(["How?", "Why?", "What?"]),
        "response": pa.array([f"{MARK}So.", f"{MARK}So.", "This."]).dictionary_encode(),
        "views": views,
        "interval": pa.array([(14, -2, 1_500_000_000), (0, 0, -1), None], pa.month_day_nano_interval()),
        "whole interval": pa.array([(1, 0, 0), (0, 0, 0), None], pa.month_day_nano_interval()),
        "sparse union": pa.UnionArray.from_sparse(pa.array([0, 1, 1], pa.int8()), members),
        "dense union": pa.UnionArray.from_dense(pa.array([1, 0, 1], pa.int8()), pa.array([0, 2, 2], pa.int32()), members),
        "decimal32": pa.array([D("-1.5"), D("99999999.9"), None], pa.decimal32(9, 1)),
        "decimal64": pa.array([D("-0.05"), D("9999999999999999.99"), None], pa.decimal64(18, 2)),
        "scaled decimal": pa.array([D("12300"), D("-100"), None], pa.decimal128(5, -2)),
        "dictionary of decimals": pa.array([D("1.25"), D("1.25"), None], pa.decimal128(5, 2)).dictionary_encode(),
        "dictionary in struct": pa.StructArray.from_arrays([pa.array([f"{MARK}d", f"{MARK}d", None]).dictionary_encode()], names=["d"]),
    }


def write(name: str, table: pa.Table) -> None:
    rows = [{column: value_of(table[column][i]) for column in table.column_names} for i in range(table.num_rows)]
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")
    # Two batches: the second starts inside the columns.
    for ending, new in ((".arrow", pa.ipc.new_file), (".arrows", pa.ipc.new_stream)):
        with pa.OSFile(str(FOLDER / f"{name}{ending}"), "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    every = pa.table(shared_columns())
    write("every", every)
    parquet.write_table(every, FOLDER / "every.parquet")
    parquet.write_table(
        every, FOLDER / "every-integers.parquet", store_decimal_as_integer=True, use_dictionary=False, data_page_version="2.0", store_schema=False
    )
    for codec in ("zstd", "lz4"):
        feather.write_feather(every, FOLDER / f"every-{codec}.feather", compression=codec)
    # Eight blocks of an LZ4 frame, each of which reaches back into the one before.
    long = "".join(f"line {i % 97}\n" for i in range(65_000))
    feather.write_feather(pa.table({"prompt": ["How long?"], "response": [long]}), FOLDER / "long-lz4.feather", compression="lz4")
    write("arrow", pa.table(arrow_columns()))

    int96 = every.select(["prompt", "response", "timestamp ns None"])
    parquet.write_table(int96, FOLDER / "int96.parquet", use_deprecated_int96_timestamps=True)
    texts = pa.array(["a", "a", "b"])
    for name, column in (
        ("run-end", pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))),
        ("list-view", pa.array([["a"], [], None], pa.list_view(pa.string()))),
    ):
        table = pa.table({"prompt": texts, "response": column})
        with pa.OSFile(str(FOLDER / f"unsupported-{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)

    for path in FOLDER.glob("every*"):
        # Mostly padding: the files of many columns and three rows are a fifth of their size.
        if path.suffix != ".jsonl":
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            path.unlink()
    files = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".provenance.json"))
    record = {
        "script": f"tooling/goldens/{Path(__file__).name}",
        "versions": {"python": platform.python_version(), "pyarrow": version("pyarrow")},
        "seed": None,
        "licence": "MIT: generated by this repository from numbers and text of its own",
        "sha256": {path.relative_to(FIXTURES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }
    (FOLDER / "typed-values.provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
