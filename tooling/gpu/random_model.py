"""A model directory of random bfloat16 weights in a public shape, with the bundled model's tokenizer: random_model.py OUT TOKENIZER_DIR SHAPE"""
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

SHAPES = {
    "toy": dict(hidden_size=128, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2),
    "1b": dict(hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8),
}
out, tokenizer, shape = Path(sys.argv[1]), Path(sys.argv[2]), SHAPES[sys.argv[3]]
out.mkdir(parents=True, exist_ok=True)
for file in tokenizer.iterdir():
    if "model" not in file.name.split(".")[0] or "tokenizer" in file.name:
        shutil.copy(file, out / file.name)
config = json.loads((tokenizer / "config.json").read_text())
# A vocabulary of the public size: the ids beyond the tokenizer's are never read.
config.update(shape, vocab_size=128256, head_dim=shape["hidden_size"] // shape["num_attention_heads"], torch_dtype="bfloat16", max_position_embeddings=2048)
(out / "config.json").write_text(json.dumps(config))
device = "cuda" if torch.cuda.is_available() else "cpu"
generator = torch.Generator(device).manual_seed(0)


def matrix(rows, columns, deviation=0.02):
    return (torch.randn(rows, columns, generator=generator, device=device) * deviation).bfloat16().cpu()


hidden, inner = shape["hidden_size"], shape["intermediate_size"]
keys = hidden * shape["num_key_value_heads"] // shape["num_attention_heads"]
tensors = {"model.embed_tokens.weight": matrix(config["vocab_size"], hidden), "model.norm.weight": torch.ones(hidden).bfloat16()}
for layer in range(shape["num_hidden_layers"]):
    block = f"model.layers.{layer}."
    for name, rows, columns in [("self_attn.q_proj", hidden, hidden), ("self_attn.k_proj", keys, hidden), ("self_attn.v_proj", keys, hidden),
                                ("self_attn.o_proj", hidden, hidden), ("mlp.gate_proj", inner, hidden), ("mlp.up_proj", inner, hidden), ("mlp.down_proj", hidden, inner)]:
        tensors[f"{block}{name}.weight"] = matrix(rows, columns)
    for name in ("input_layernorm", "post_attention_layernorm"):
        tensors[f"{block}{name}.weight"] = torch.ones(hidden).bfloat16()
if not config.get("tie_word_embeddings", False):
    tensors["lm_head.weight"] = matrix(config["vocab_size"], hidden)
save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
