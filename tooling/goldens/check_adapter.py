"""Loads adapters that our TypeScript wrote into PEFT on a tiny model and compares logits.

    python check_adapter.py --form llama DIR [DIR ...]

Every DIR holds adapter_config.json and adapter_model.safetensors. Where DIR also holds expected.safetensors with `input_ids` [B,T] int64,
`attention_mask` [B,T] int64 and `logits` [B,T,V] f32 of our own forward pass with that adapter, the logits of real positions must agree to
--tolerance. Without it the script proves that PEFT takes every tensor and that the adapter changes the output, and prints so. Exit status 1
if any adapter fails.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import torch
from common import GOLDEN, MODELS
from language_model import in_float64
from model_forms import FORMS
from peft import PeftModel
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging


def check(form: str, directory: Path, tolerance: float) -> str:
    """Returns what was verified. Raises ValueError if the adapter does not load whole or the logits differ."""
    base = AutoModelForCausalLM.from_pretrained(MODELS / form, dtype=torch.float32)
    expected_path = directory / "expected.safetensors"
    source = load_file(expected_path if expected_path.exists() else GOLDEN / "language-model" / f"{form}.safetensors")
    inputs = {"input_ids": source["input_ids"].long(), "attention_mask": source["attention_mask"].long()}

    model = PeftModel.from_pretrained(base, directory)
    with safe_open(directory / "adapter_model.safetensors", framework="pt") as file:
        stored = set(file.keys())
    loaded = {name.replace(".default", "") for name, _ in model.named_parameters() if "lora_" in name}
    if stored != loaded:
        raise ValueError(f"only in the file {sorted(stored - loaded)[:4]}, only in PEFT's model {sorted(loaded - stored)[:4]}")

    in_float64(model)
    real = inputs["attention_mask"].bool()
    with torch.no_grad():
        logits = model(**inputs).logits[real]
        with model.disable_adapter():
            effect = (logits - model(**inputs).logits[real]).abs().max().item()
    if not expected_path.exists():
        return f"{len(stored)} tensors loaded, largest change of a logit {effect:.3g} (no expected.safetensors to compare with)"
    error = (logits - source["logits"][real].double()).abs().max().item()
    if not error <= tolerance * max(1.0, logits.abs().max().item()):
        raise ValueError(f"logits differ by up to {error:.3g}")
    return f"{len(stored)} tensors loaded, largest change of a logit {effect:.3g}, largest error {error:.3g}"


def main() -> int:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", required=True, choices=[form.name for form in FORMS])
    parser.add_argument("--tolerance", type=float, default=2e-5, help="allowed error relative to the largest logit")
    parser.add_argument("adapters", nargs="+", type=Path)
    options = parser.parse_args()
    failures = 0
    for directory in options.adapters:
        try:
            print(f"ok    {directory}: {check(options.form, directory, options.tolerance)}")
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            failures += 1
            print(f"FAIL  {directory}: {' '.join(str(error).split())[:400]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
