"""Timing peer: one LoRA training step of a Llama-shape model in eager PyTorch, on the CPU.

The step is the one our engine is timed on: frozen base in float32, LoRA on all seven projections, tied head applied at the labelled positions
only, mean cross-entropy over them, forward and backward into the LoRA factors (no optimiser).

Fair settings are the caller's: on a small machine stock PyTorch loses a factor of two to three to spinning threads and to returning memory
to the system after every step, so start it with
    OMP_WAIT_POLICY=PASSIVE MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456
and report the stock figure apart, if at all. The first line printed repeats these variables as found.

Server mode: prints one JSON line of versions and settings, then answers each JSON line of standard input with one line.
    {"cmd": "loss"}  ->  {"loss": nats, "gradientNorm": L2 over all factors}     not timed: check parity before timing
    {"cmd": "step"}  ->  {"ms": wall time, "cpuMs": processor time, "loss": nats, "rssBytes": peak so far}
    {"cmd": "quit"}
A command it does not know is answered by {"error": ...}.

Weights come from --seed, or from --weights FILE.safetensors with
    emb [V,D], norm [D], layers.N.norm1 [D], layers.N.norm2 [D],
    layers.N.{q,k,v,o,gate,up,down}.{weight [out,in], a [rank,in], b [out,rank]},
    input_ids [B,T], target_positions [K] (flat index into B*T whose hidden state predicts), target_ids [K]  (integers of any width)
and then --batch and --length are read from input_ids, the shape is checked against --shape.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F

PROJECTIONS = ("q", "k", "v", "o", "gate", "up", "down")
RMS_EPS = 1e-5
ROPE_THETA = 10000.0
SETTINGS = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")


@dataclass(frozen=True)
class Shape:
    vocab: int
    hidden: int
    layers: int
    heads: int
    ffn: int
    rank: int
    alpha: float
    kv_heads: int

    @staticmethod
    def parse(text: str) -> Shape:
        values = text.split(",")
        if len(values) not in (7, 8):
            raise argparse.ArgumentTypeError("expected vocab,hidden,layers,heads,ffn,rank,alpha and perhaps key/value heads")
        heads = int(values[3])
        return Shape(*(int(value) for value in values[:6]), alpha=float(values[6]), kv_heads=int(values[7]) if len(values) == 8 else heads)

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    def projection(self, name: str) -> tuple[int, int]:
        """(out, in) of one projection."""
        if name in ("gate", "up"):
            return self.ffn, self.hidden
        if name in ("k", "v"):
            return self.kv_heads * self.head_dim, self.hidden
        return (self.hidden, self.ffn) if name == "down" else (self.hidden, self.hidden)


Tensors = dict[str, torch.Tensor]


def seeded_tensors(shape: Shape, batch: int, length: int, seed: int) -> Tensors:
    """Weights and a batch whose last half of positions is labelled (the very last one has no next token, so labels end before it)."""
    generator = torch.Generator().manual_seed(seed)

    def randn(*size: int, std: float) -> torch.Tensor:
        return std * torch.randn(size, generator=generator)

    tensors = {"emb": randn(shape.vocab, shape.hidden, std=0.05), "norm": torch.ones(shape.hidden)}
    for layer in range(shape.layers):
        tensors[f"layers.{layer}.norm1"] = torch.ones(shape.hidden)
        tensors[f"layers.{layer}.norm2"] = torch.ones(shape.hidden)
        for name in PROJECTIONS:
            rows, columns = shape.projection(name)
            std = 1 / math.sqrt(columns)
            tensors[f"layers.{layer}.{name}.weight"] = randn(rows, columns, std=std)
            tensors[f"layers.{layer}.{name}.a"] = randn(shape.rank, columns, std=std)
            tensors[f"layers.{layer}.{name}.b"] = randn(rows, shape.rank, std=0.05)
    input_ids = torch.randint(0, shape.vocab, (batch, length), generator=generator)
    labelled = torch.arange(length - 1 - length // 2, length - 1)
    positions = (torch.arange(batch)[:, None] * length + labelled).flatten()
    return {**tensors, "input_ids": input_ids, "target_positions": positions, "target_ids": input_ids.flatten()[positions + 1]}


def read_tensors(path: str, shape: Shape) -> Tensors:
    from safetensors.torch import load_file

    tensors = load_file(path)
    expected = {"emb": (shape.vocab, shape.hidden), "norm": (shape.hidden,)}
    for layer in range(shape.layers):
        expected |= {f"layers.{layer}.norm1": (shape.hidden,), f"layers.{layer}.norm2": (shape.hidden,)}
        for name in PROJECTIONS:
            rows, columns = shape.projection(name)
            prefix = f"layers.{layer}.{name}"
            expected |= {f"{prefix}.weight": (rows, columns), f"{prefix}.a": (shape.rank, columns), f"{prefix}.b": (rows, shape.rank)}
    for name, size in expected.items():
        if name not in tensors or tuple(tensors[name].shape) != size:
            found = list(tensors[name].shape) if name in tensors else "missing"
            raise SystemExit(f"{path}: {name} should be {list(size)}, is {found}")
    for name in ("input_ids", "target_positions", "target_ids"):
        if name not in tensors:
            raise SystemExit(f"{path}: {name} is missing")
        tensors[name] = tensors[name].long()
    return tensors


class Peer:
    def __init__(self, shape: Shape, tensors: Tensors, autocast: bool) -> None:
        self.shape = shape
        self.tensors = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
        self.factors = [value.requires_grad_() for name, value in self.tensors.items() if name.endswith((".a", ".b"))]
        self.scale = shape.alpha / shape.rank
        self.autocast = autocast
        length = tensors["input_ids"].shape[1]
        frequency = ROPE_THETA ** -(torch.arange(0, shape.head_dim, 2).double() / shape.head_dim)
        angle = torch.outer(torch.arange(length).double(), frequency)
        angle = torch.cat((angle, angle), dim=-1)
        self.cos, self.sin = angle.cos().float(), angle.sin().float()  # [T,hd]

    def linear(self, x: torch.Tensor, layer: int, name: str) -> torch.Tensor:
        weight, a, b = (self.tensors[f"layers.{layer}.{name}.{part}"] for part in ("weight", "a", "b"))
        return F.linear(x, weight) + self.scale * F.linear(F.linear(x, a), b)

    def norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.rms_norm(x, x.shape[-1:], self.tensors[name], RMS_EPS)

    def rotate(self, x: torch.Tensor) -> torch.Tensor:
        half = self.shape.head_dim // 2
        return x * self.cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * self.sin

    def attention(self, x: torch.Tensor, layer: int) -> torch.Tensor:
        B, T, D = x.shape
        heads = (self.linear(x, layer, name).view(B, T, -1, self.shape.head_dim).transpose(1, 2) for name in ("q", "k", "v"))
        q, k, v = heads
        q, k, v = self.rotate(q), self.rotate(k), v.to(x.dtype)
        if self.shape.kv_heads < self.shape.heads:
            k, v = (part.repeat_interleave(self.shape.heads // self.shape.kv_heads, dim=1) for part in (k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.linear(mixed.transpose(1, 2).reshape(B, T, D), layer, "o")

    def loss(self) -> torch.Tensor:
        """Mean cross-entropy over the target positions, nats."""
        x = F.embedding(self.tensors["input_ids"], self.tensors["emb"])
        for layer in range(self.shape.layers):
            x = x + self.attention(self.norm(x, f"layers.{layer}.norm1"), layer)
            h = self.norm(x, f"layers.{layer}.norm2")
            x = x + self.linear(F.silu(self.linear(h, layer, "gate")) * self.linear(h, layer, "up"), layer, "down")
        h = self.norm(x.flatten(0, 1)[self.tensors["target_positions"]], "norm")
        return F.cross_entropy(F.linear(h, self.tensors["emb"]).float(), self.tensors["target_ids"])

    def step(self) -> float:
        for factor in self.factors:
            factor.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            loss = self.loss()
        loss.backward()
        return loss.item()

    def gradient_norm(self) -> float:
        return math.sqrt(sum(factor.grad.double().pow(2).sum().item() for factor in self.factors))


def answer(peer: Peer, request: dict) -> dict:
    match request.get("cmd"):
        case "loss":
            loss = peer.step()
            return {"loss": loss, "gradientNorm": peer.gradient_norm()}
        case "step":
            start, cpu = time.perf_counter(), time.process_time()
            loss = peer.step()
            elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
            return {"ms": elapsed * 1e3, "cpuMs": cpu * 1e3, "loss": loss, "rssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        case other:
            return {"error": f"unknown cmd {other!r}: known are loss, step, quit"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--shape", type=Shape.parse, default="32000,288,6,6,768,8,16", help="vocab,hidden,layers,heads,ffn,rank,alpha[,kv_heads]")
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32", help="bf16: autocast over float32 weights")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", help="safetensors file with weights and inputs, instead of the seed")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shape = options.shape
    tensors = read_tensors(options.weights, shape) if options.weights else seeded_tensors(shape, options.batch, options.length, options.seed)
    peer = Peer(shape, tensors, options.dtype == "bf16")
    batch, length = tensors["input_ids"].shape

    def reply(value: dict) -> None:
        print(json.dumps(value), flush=True)

    reply(
        {
            "peer": "torch",
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "dtype": options.dtype,
            "batch": batch,
            "length": length,
            "targets": len(tensors["target_ids"]),
            "environment": {name: os.environ.get(name) for name in SETTINGS},
        }
    )
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            request = json.loads(line)
        except json.JSONDecodeError as error:
            reply({"error": f"not JSON: {error}"})
            continue
        if request.get("cmd") == "quit":
            break
        reply(answer(peer, request))


if __name__ == "__main__":
    main()
