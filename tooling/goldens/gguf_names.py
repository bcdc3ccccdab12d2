"""Writes test-fixtures/golden/gguf/names.json: what llama.cpp calls every weight of every tiny model of a family that it has.

By the tables of ggml's `gguf` package, which its converter uses. `pip install gguf==0.19.0`; the package is not in requirements.txt.
"""

from __future__ import annotations

import json
import re

import gguf
from common import GOLDEN, MODELS, write_json, write_sidecar
from safetensors import safe_open

# model_type of config.json -> architecture of llama.cpp, as its converter registers them.
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "mistral": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma": gguf.MODEL_ARCH.GEMMA,
    "gemma2": gguf.MODEL_ARCH.GEMMA2,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
    "phi3": gguf.MODEL_ARCH.PHI3,
    "olmo2": gguf.MODEL_ARCH.OLMO2,
    "granite": gguf.MODEL_ARCH.GRANITE,
    "smollm3": gguf.MODEL_ARCH.SMOLLM3,
    "stablelm": gguf.MODEL_ARCH.STABLELM,
}


def main() -> None:
    names: dict[str, dict[str, object]] = {}
    for config_path in sorted(MODELS.glob("*/config.json")):
        form = config_path.parent
        config = json.loads(config_path.read_text())
        weights = form / "model.safetensors"
        if form.name == "tiny" or not weights.exists():
            continue
        architecture = ARCHITECTURES[config["model_type"]]
        table = gguf.get_tensor_name_map(architecture, config["num_hidden_layers"])
        with safe_open(weights, "pt") as file:
            # The converter stacks a norm of each head into one tensor.
            whole = {key: re.sub(r"\.norms\.\d+\.", ".", key) for key in file.keys()}
            tensors = {key: table.get_name(name, try_suffixes=(".weight", ".bias")) for key, name in whole.items()}
        missing = [key for key, name in tensors.items() if name is None]
        if missing:
            raise ValueError(f"{form.name}: llama.cpp has no {missing}")
        names[form.name] = {"architecture": gguf.MODEL_ARCH_NAMES[architecture], "tensors": tensors}
    path = GOLDEN / "gguf" / "names.json"
    write_json(path, names)
    write_sidecar(path, __file__, 0, ("gguf",), [])


if __name__ == "__main__":
    main()
