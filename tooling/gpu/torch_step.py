"""LoRA steps of the shapes of apps/bench/src/gpu in PyTorch + transformers + peft, from the same weights, factors and tokens.

usage: torch_step.py SHAPE BATCH LENGTH STEPS [compile] [float32]     prints one line of JSON
Tuned: bfloat16 weights, autocast, scaled-dot-product attention, fused AdamW; with `compile` also torch.compile.
"""
import json
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

SHAPES = {
    "toy": dict(vocab_size=512, hidden_size=128, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True),
    "1b": dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, tie_word_embeddings=True),
    "8b": dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8, tie_word_embeddings=False),
}
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
PERIOD, SPREAD, RANK, MASK = 2**26, 0.07, 8, 0xFFFFFFFF


def hashed(index):
    """The sequence of hashed-weights.ts, in [-1/2, 1/2), f64."""
    h = index & MASK
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return (h ^ (h >> 16)).double() / 2**32 - 0.5


def fill_weights(model, shape, device):
    pool = (hashed(torch.arange(PERIOD, device=device)).float() * SPREAD).bfloat16()
    offset = 0
    names = ["model.embed_tokens.weight"]
    for layer in range(shape["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        names += [block + f"self_attn.{name}.weight" for name in PROJECTIONS[:4]] + [block + f"mlp.{name}.weight" for name in PROJECTIONS[4:]]
    if not shape["tie_word_embeddings"]:
        names.append("lm_head.weight")
    parameters = dict(model.named_parameters())
    for name in names:
        weight = parameters[name].data
        flat, done, size = weight.view(-1), 0, weight.numel()
        while done < size:
            start = (offset + done) % PERIOD
            count = min(size - done, PERIOD - start)
            flat[done : done + count] = pool[start : start + count]
            done += count
        offset = (offset + size) % PERIOD


def main():
    shape_name, batch, length, steps = sys.argv[1], *map(int, sys.argv[2:5])
    is_compiled, is_half = "compile" in sys.argv[5:], "float32" not in sys.argv[5:]
    shape, device = SHAPES[shape_name], "cuda" if torch.cuda.is_available() else "cpu"
    start = time.perf_counter()
    config = LlamaConfig(**shape, rms_norm_eps=1e-5, rope_theta=500000.0, max_position_embeddings=8192, attn_implementation="sdpa", use_cache=False)
    torch.set_default_dtype(torch.bfloat16 if is_half else torch.float32)
    with torch.device(device):
        model = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    fill_weights(model, shape, device)
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=PROJECTIONS, lora_dropout=0.0))
    module = 0
    factors = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    for layer in range(shape["num_hidden_layers"]):
        for name in PROJECTIONS:
            block = "self_attn" if name in PROJECTIONS[:4] else "mlp"
            a = factors[f"base_model.model.model.layers.{layer}.{block}.{name}.lora_A.default.weight"].data
            bound = 2 / a.shape[1] ** 0.5
            index = (module * 1_000_003 + torch.arange(a.numel(), device=device)) % PERIOD
            a.copy_((hashed(index) * bound).float().view_as(a))
            module += 1
    ids = ((hashed(torch.arange(batch * length)) + 0.5) * shape["vocab_size"]).floor().long().view(batch, length).to(device)
    labels = ids.clone()
    labels[:, :1] = -100
    optimizer = torch.optim.AdamW(factors.values(), lr=1e-4, weight_decay=0.0, fused=device == "cuda")
    model.train()
    forward = torch.compile(model) if is_compiled else model
    load_seconds = time.perf_counter() - start
    losses, norms, seconds = [], [], []
    for _ in range(steps):
        begin = time.perf_counter()
        with torch.autocast(device, dtype=torch.bfloat16, enabled=is_half):
            loss = forward(input_ids=ids, labels=labels).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(factors.values(), 1.0))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        seconds.append(time.perf_counter() - begin)
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    print(json.dumps(dict(stage="torch", shape=shape_name, batchSize=batch, length=length, device=name, compiled=is_compiled, torch=torch.__version__,
        loadSeconds=load_seconds, firstStepSeconds=seconds[0], stepSeconds=sorted(seconds[2:])[len(seconds[2:]) // 2], peakBytes=peak, losses=losses, norms=[norm.item() for norm in norms])))


main()
