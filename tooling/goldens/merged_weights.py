"""Writes test-fixtures/golden/adapters/merged.safetensors: the adapted weights of the tiny Llama and of the sharded one after PEFT's
`merge_and_unload`, in float64 and rounded once.
"""

from __future__ import annotations

import torch
from common import GOLDEN, MODELS, write_sidecar, write_tensors
from peft import PeftModel
from transformers import AutoModelForCausalLM

FORMS = ["llama", "llama-sharded"]


def main() -> None:
    tensors = {}
    for form in FORMS:
        base = AutoModelForCausalLM.from_pretrained(MODELS / form, dtype=torch.float64)
        adapted = PeftModel.from_pretrained(base, MODELS / form / "adapter").double()
        names = {name.removeprefix("base_model.model.").split(".lora_A")[0] for name, _ in adapted.named_parameters() if "lora_A" in name}
        merged = adapted.merge_and_unload().state_dict()
        tensors |= {f"{form}/{name}.weight": merged[f"{name}.weight"] for name in sorted(names)}
    golden = GOLDEN / "adapters" / "merged.safetensors"
    write_tensors(golden, tensors)
    write_sidecar(golden, __file__, 0, ("peft", "transformers", "torch"), [])
    print(len(tensors))


if __name__ == "__main__":
    main()
