"""Which files `datasets.load_dataset` takes from a folder: the rule of the Hub, for layouts.json.

python make_layouts.py > layouts.json   (datasets 5.2.0; no network)
"""

import json
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import datasets  # noqa: E402

datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()


def card(configs):
    return "---\nlicense: mit\nconfigs:\n" + configs + "---\n# A data set\n"


LAYOUTS = [
    (["data.jsonl"], None),
    (["README.md", "a.csv", "b.csv"], "# No YAML here\n"),
    (["train.jsonl", "test.jsonl"], None),
    (["data/train.csv", "data/test.csv"], None),
    (["train.json", "dev.json", "evaluation.json", "other.json"], None),
    (["my-train-data.jsonl", "my_validation_0.jsonl", "training.jsonl", "latest.jsonl", "retrained.jsonl"], None),
    (["train_0.csv", "train_1.csv", "train_10.csv", "test_0.csv"], None),
    (["train/a.jsonl", "train/b.jsonl", "test/a.jsonl"], None),
    (["data/train/shard_0.csv", "data/test/shard_0.csv", "data/extra.csv"], None),
    (["en/train/a.parquet", "de/train/a.parquet", "de/val-1/a.parquet"], None),
    (["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-00000-of-00001.parquet"], None),
    (["data/random-00000-of-00001.csv", "data/train-00000-of-00001.csv", "data/attack_set-00000-of-00001.csv", "data/x.csv"], None),
    (["data/train-00000-of-00001-ab12cd34ef.parquet", "train.csv"], None),
    (["default/train-00000-of-00001.parquet", "default/test-00000-of-00001.parquet"], None),
    (["a.jsonl", "b.csv", "c.csv"], None),
    (["a.jsonl", "b.csv"], None),
    (["a.json", "b.jsonl", "c.parquet"], None),
    (["a.tsv", "b.tsv", "c.csv"], None),
    (["train.jsonl.gz", "test.jsonl.gz"], None),
    (["pool.jsonl", "LICENSE", "script.py", "figure.svg", ".gitattributes"], None),
    (["pool.jsonl", "dataset_infos.json", "config.json", "sub/dataset_info.json", "sub/rows.jsonl"], None),
    ([".hidden/train.jsonl", "a/.hidden.jsonl", "__pycache__/b.jsonl", "a/rows.jsonl"], None),
    (["a/b/c/rows.jsonl", "rows.jsonl"], None),
    (["red-team-attempts/train.jsonl.gz", "harmless-base/train.jsonl.gz", "harmless-base/test.jsonl.gz"], None),
    (["validation.parquet", "valid.parquet", "val.parquet", "train.parquet"], None),
    (["train-test.jsonl", "rows.jsonl"], None),
    (["data/eval.jsonl", "data/main.jsonl"], None),
    (["TRAIN.jsonl", "Test.jsonl"], None),
    (["train .csv", "test 1.csv"], None),
    (["rows.arrow", "rows-1.arrow"], None),
    (["squad-train.arrow", "squad-validation.arrow", "dataset_info.json"], None),
    (["README.md", "LICENSE"], None),
    (["README.md", "rows.jsonl", "other.jsonl"], card("- config_name: default\n  data_files: rows.jsonl\n")),
    (["README.md", "a/1.csv", "b/1.csv", "b/2.csv"], card("- config_name: default\n  data_files:\n  - a/*\n  - b/2.csv\n")),
    (
        ["README.md", "en/train.jsonl", "en/test.jsonl", "de/train.jsonl"],
        card(
            "- config_name: en\n  data_files:\n  - split: train\n    path: en/train.jsonl\n  - split: test\n    path: en/test.jsonl\n"
            "- config_name: de\n  default: true\n  data_files:\n  - split: train\n    path: de/*\n"
        ),
    ),
    (
        ["README.md", "data/train-00000-of-00001.parquet", "data/test_prefs-00000-of-00001.parquet"],
        card(
            "- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n  - split: test_prefs\n    path: data/test_prefs-*\n"
        ),
    ),
    (["README.md", "en/train.csv", "en/test.csv", "de/rows.csv"], card("- config_name: en\n  data_dir: en\n- config_name: de\n  data_dir: de\n")),
    (
        ["README.md", "x/deep/a.jsonl", "x/b.jsonl", "y.jsonl"],
        card("- config_name: default\n  data_files:\n  - split: train\n    path:\n    - x/**\n    - y.jsonl\n"),
    ),
    (["README.md", "rows.jsonl"], card("- config_name: default\n  data_files: absent.jsonl\n")),
    (["README.md", "rows.jsonl"], card("- config_name: default\n  data_files: absent*.jsonl\n")),
    (["README.md", "a.jsonl"], "---\nlicense: mit\n---\n"),
    (["README.md", ".private/a.jsonl", "b.jsonl"], card("- config_name: default\n  data_files: .private/*\n")),
]


def resolve(files, readme):
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root, "set")
        for file in files:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(readme if file == "README.md" and readme else "{}")
        try:
            subsets = {}
            for name in datasets.get_dataset_config_names(str(folder)):
                found = datasets.load_dataset_builder(str(folder), name, cache_dir=root).config.data_files
                subsets[name] = {str(split): [os.path.relpath(path, folder) for path in paths] for split, paths in found.items()}
            return {"subsets": subsets}
        except Exception as error:  # What the library refuses is a result too.
            return {"error": type(error).__name__}


print("[")
print(",\n".join(json.dumps({"files": files, "readme": readme, **resolve(files, readme)}) for files, readme in LAYOUTS))
print("]")
