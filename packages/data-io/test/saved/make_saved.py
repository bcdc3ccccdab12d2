"""Writes the folders beside this script with datasets 5.2.0: what `save_to_disk` leaves. Never needed to test."""

from pathlib import Path

from datasets import Dataset, DatasetDict

HERE = Path(__file__).parent


def rows(name, count):
    return Dataset.from_dict({"prompt": [f"{name} {i}?" for i in range(count)], "response": [f"No {i}." for i in range(count)]})


rows("one", 5).save_to_disk(HERE / "sharded", num_shards=2)
DatasetDict({"train": rows("train", 2), "test": rows("test", 1)}).save_to_disk(HERE / "dict")
# Filters and shuffles are written out: the order is theirs.
rows("one", 5).select([4, 0]).save_to_disk(HERE / "selected")
