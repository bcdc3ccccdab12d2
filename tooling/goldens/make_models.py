"""Writes test-fixtures/models/<form>/: random checkpoints as transformers saves them, each with a LoRA adapter that PEFT saves."""

from __future__ import annotations

import json
import shutil
import sys
import warnings

import torch
from common import MODELS, write_json
from model_forms import FORMS, FUSED, SEPARATE, ModelForm
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging



def fill_base(model: torch.nn.Module, generator: torch.Generator, norm_center: float) -> None:
    """Large enough that attention is peaked and no path can be dropped unnoticed; norms and biases are non-trivial too."""
    for name, parameter in model.named_parameters():
        draw = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        if name.endswith("norm.weight") or "norm.norms." in name:
            value = norm_center + 0.2 * draw
        elif name.endswith("bias"):
            value = 0.3 * draw
        elif "embed" in name or "lm_head" in name:
            value = 0.5 * draw
        else:
            value = 0.3 * draw
        parameter.data.copy_(value)


def make_base(form: ModelForm, generator: torch.Generator) -> None:
    directory = MODELS / form.name
    shutil.rmtree(directory, ignore_errors=True)
    model = AutoModelForCausalLM.from_config(form.config, dtype=torch.float64)
    fill_base(model, generator, form.norm_center)
    model.to(form.dtype)
    model.save_pretrained(directory, **({"max_shard_size": form.max_shard_size} if form.max_shard_size else {}))
    (directory / "generation_config.json").unlink(missing_ok=True)
    if form.legacy_config is not None:
        path = directory / "config.json"
        config = json.loads(path.read_text())
        for key in form.legacy_dropped:
            config.pop(key, None)
        write_json(path, dict(sorted({**config, **form.legacy_config}.items())))


def make_adapter(form: ModelForm, generator: torch.Generator) -> None:
    directory = MODELS / form.name
    base = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    # PEFT records where the base came from; a path of one machine would be noise.
    base.name_or_path = base.config._name_or_path = f"pharmacist-test/{form.name}"
    targets = list(FUSED if form.config.model_type == "phi3" else SEPARATE)
    config = LoraConfig(r=form.lora_rank, lora_alpha=2 * form.lora_rank, target_modules=targets, task_type="CAUSAL_LM")
    model = get_peft_model(base, config)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            std = 0.3 if "lora_A" in name else 0.15
            parameter.data.copy_(std * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    model.save_pretrained(directory / "adapter")
    (directory / "adapter" / "README.md").unlink(missing_ok=True)
    # PEFT writes a set in arbitrary order; sorted, the file is the same on every run.
    path = directory / "adapter" / "adapter_config.json"
    adapter_config = json.loads(path.read_text())
    adapter_config["target_modules"] = sorted(adapter_config["target_modules"])
    write_json(path, adapter_config)


def main(names: list[str]) -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore")
    for form in FORMS:
        if names and form.name not in names:
            continue
        generator = torch.Generator().manual_seed(form.seed)
        make_base(form, generator)
        make_adapter(form, generator)
        reread = AutoConfig.from_pretrained(MODELS / form.name)
        if reread.rope_parameters != form.config.rope_parameters:
            raise ValueError(f"{form.name}: rope came back as {reread.rope_parameters}, not {form.config.rope_parameters}")


if __name__ == "__main__":
    main(sys.argv[1:])
