"""Writes test-fixtures/golden/adapters/modules.json: which modules of the tiny Llama PEFT adapts for a configuration, with their
ranks and scales.
"""

from __future__ import annotations

import torch
from common import GOLDEN, MODELS, write_json, write_sidecar
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import Linear
from transformers import AutoModelForCausalLM

FORM = "llama"
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CONFIGS = [
    {"target_modules": SEVEN},
    {"target_modules": "all-linear"},
    {"target_modules": ["q_proj", "v_proj", "qkv_proj"]},
    {"target_modules": ["self_attn.q_proj", "layers.1.mlp.up_proj", "model.layers.0.self_attn.o_proj"]},
    {"target_modules": r".*\.(q|v)_proj"},
    {"target_modules": r"model\.layers\.[1-9]\.(self_attn|mlp)\.\w+_proj"},
    {"target_modules": r"(?P<head>model)\.layers\.0\.mlp\.(up|down)_proj"},
    {"target_modules": r"(?i).*Q_PROJ"},
    {"target_modules": ["q_proj", "k_proj"], "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"k_proj": 3}},
    {"target_modules": ["q_proj", "up_proj"], "rank_pattern": {r"layers\.0\.self_attn\.q_proj": 8, "self_attn.q_proj": 1}},
    {"target_modules": ["q_proj", "up_proj"], "rank_pattern": {"^model.layers.1.mlp.up_proj": 6, "proj": 9}, "alpha_pattern": {".*up_proj": 12}},
    {"target_modules": ["q_proj"], "use_rslora": True, "rank_pattern": {"layers.1.self_attn.q_proj": 16}},
]


def main() -> None:
    cases = []
    for config in CONFIGS:
        base = AutoModelForCausalLM.from_pretrained(MODELS / FORM, dtype=torch.float32)
        model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM", **config))
        modules = {
            name.removeprefix("base_model.model."): {"rank": module.r["default"], "scale": module.scaling["default"]}
            for name, module in model.named_modules()
            if isinstance(module, Linear)
        }
        cases.append({"config": {"r": 4, "lora_alpha": 8, **config}, "modules": modules})
    golden = GOLDEN / "adapters" / "modules.json"
    write_json(golden, cases)
    write_sidecar(golden, __file__, 0, ("peft", "transformers", "torch"), [], form=FORM)
    print([len(case["modules"]) for case in cases])


if __name__ == "__main__":
    main()
