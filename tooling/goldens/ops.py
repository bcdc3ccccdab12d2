"""Writes test-fixtures/golden/tensor-kernels/<op>.{safetensors,json}: forward and gradient of each op in float64 PyTorch.

Names inside a file: inputs in.<name>, upstream gradient dy, output out.y, gradients grad.<name>; scalar settings are in the sidecar.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import torch
import torch.nn.functional as F
from common import GOLDEN, IGNORE_INDEX, single, write_sidecar, write_tensors
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

SEED = 7
generator = torch.Generator().manual_seed(SEED)
Tensors = dict[str, torch.Tensor]
# Ops named as arguments are written alone; the numbers of all others are drawn all the same.
ONLY = set(sys.argv[1:])


def randn(*shape: int, scale: float = 1.0) -> torch.Tensor:
    return single(scale * torch.randn(shape, generator=generator, dtype=torch.float64))


def write_op(
    name: str, inputs: Tensors, op: Callable[..., torch.Tensor], *, frozen: tuple[str, ...] = (), **settings: object
) -> None:
    """Runs op on the inputs and backpropagates a random upstream gradient into every float input that is not frozen."""
    leaves = {key: value.clone().requires_grad_() for key, value in inputs.items() if value.is_floating_point() and key not in frozen}
    output = op(**{**inputs, **leaves})
    upstream = randn(*output.shape)
    if ONLY and name not in ONLY:
        return
    gradients = torch.autograd.grad(output, list(leaves.values()), upstream)
    tensors = {f"in.{key}": value for key, value in inputs.items()}
    tensors |= {"dy": upstream, "out.y": output}
    tensors |= {f"grad.{key}": gradient for key, gradient in zip(leaves, gradients, strict=True)}
    path = GOLDEN / "tensor-kernels" / f"{name}.safetensors"
    write_tensors(path, tensors)
    write_sidecar(path, __file__, SEED, ("torch", "transformers", "safetensors"), [], settings=settings)
    print(name, {key: list(value.shape) for key, value in tensors.items()})


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def rotary(x: torch.Tensor, positions: torch.Tensor, theta: float = 10000.0) -> torch.Tensor:
    """x [B,T,H,hd], positions [B,T]; pairs are (i, i + hd/2), the rotate_half convention."""
    head_dim = x.shape[-1]
    frequency = theta ** -(torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim)
    angle = positions[..., None].double() * frequency
    angle = torch.cat((angle, angle), dim=-1)
    return apply_rotary_pos_emb(x, x, angle.cos(), angle.sin(), unsqueeze_dim=2)[0]


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """q [B,H,T,hd], k and v [B,G,T,hd] with H a multiple of G; mask [B,1,T,T] is added to the scaled scores."""
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + mask
    return torch.softmax(scores, dim=-1) @ v


def capped_attention(q, k, v, mask, cap: float) -> torch.Tensor:
    """The same with scores bounded to +-cap before the mask."""
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    scores = cap * torch.tanh(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) / cap) + mask
    return torch.softmax(scores, dim=-1) @ v


def partial_rotary(x: torch.Tensor, positions: torch.Tensor, theta: float, size: int) -> torch.Tensor:
    """Only the first `size` dimensions of a head are turned."""
    return torch.cat((rotary(x[..., :size], positions, theta), x[..., size:]), dim=-1)


def causal_mask(lengths: list[int], T: int) -> torch.Tensor:
    """0 where a query may look, -1e9 where it may not: later positions, and padding beyond each row's length."""
    allowed = torch.ones(T, T, dtype=torch.bool).tril()[None] & (torch.arange(T)[None, None] < torch.tensor(lengths)[:, None, None])
    return torch.where(allowed, 0.0, -1e9).double()[:, None]


def linear_cross_entropy(h: torch.Tensor, embedding: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Per-token NLL [N]; 0 for an ignored label."""
    return F.cross_entropy(h @ embedding.T, labels, ignore_index=IGNORE_INDEX, reduction="none")


def lora_linear(x, w, a, b, bias=None, scale: float = 2.0) -> torch.Tensor:
    return F.linear(x, w, bias) + scale * F.linear(F.linear(x, a), b)


def lora_linear_per_row(x, w, a, b, scale: float = 2.0) -> torch.Tensor:
    """Every row of the batch has factors of its own: x [B,T,in], a [B,R,in], b [B,out,R]."""
    return x @ w.T + scale * (x @ a.transpose(1, 2)) @ b.transpose(1, 2)


def main() -> None:
    write_op("rms-norm", {"x": randn(4, 6, 16), "weight": 1 + randn(16, scale=0.3)}, rms_norm, eps=1e-5)
    # Rows near zero make eps matter.
    write_op("rms-norm-small", {"x": randn(3, 16, scale=1e-3), "weight": 1 + randn(16, scale=0.3)}, rms_norm, eps=1e-5)
    positions = torch.stack((torch.arange(5), torch.arange(5) + 7))
    write_op("rotary", {"x": randn(2, 5, 3, 8), "positions": positions}, rotary, theta=10000.0, layout="B,T,H,hd")
    write_op("swiglu", {"gate": randn(5, 12, scale=2), "up": randn(5, 12)}, lambda gate, up: F.silu(gate) * up)

    qkv = {"q": randn(2, 4, 6, 8), "k": randn(2, 2, 6, 8), "v": randn(2, 2, 6, 8)}
    write_op("attention-gqa", {**qkv, "mask": causal_mask([6, 4], 6)}, attention, frozen=("mask",), layout="B,H,T,hd")
    qkv = {"q": randn(2, 3, 6, 8), "k": randn(2, 3, 6, 8), "v": randn(2, 3, 6, 8)}
    write_op("attention-mha", {**qkv, "mask": causal_mask([6, 6], 6)}, attention, frozen=("mask",), layout="B,H,T,hd")

    labels = torch.randint(0, 37, (10,), generator=generator)
    write_op(
        "linear-cross-entropy", {"h": randn(10, 16), "embedding": randn(37, 16, scale=0.5), "labels": labels}, linear_cross_entropy
    )
    ignored = labels.clone()
    ignored[[2, 7]] = IGNORE_INDEX
    write_op(
        "linear-cross-entropy-ignored",
        {"h": randn(10, 16, scale=20), "embedding": randn(37, 16), "labels": ignored},
        linear_cross_entropy,
        note="logits up to a few hundred: an unshifted log-sum-exp overflows float32",
    )

    factors = {"x": randn(7, 16), "w": randn(12, 16, scale=0.3), "a": randn(4, 16, scale=0.3), "b": randn(12, 4, scale=0.3)}
    write_op("lora-linear", factors, lora_linear, scale=2.0)
    write_op("lora-linear-bias", {**factors, "bias": randn(12)}, lora_linear, scale=2.0)
    per_row = {"x": randn(3, 5, 16), "w": factors["w"], "a": randn(3, 4, 16, scale=0.3), "b": randn(3, 12, 4, scale=0.3)}
    write_op("lora-linear-per-row", per_row, lora_linear_per_row, scale=2.0)

    for transpose_a in (False, True):
        for transpose_b in (False, True):
            a = randn(2, 5, 4) if transpose_a else randn(2, 4, 5)
            b = randn(2, 3, 5) if transpose_b else randn(2, 5, 3)

            def matmul(a, b, ta=transpose_a, tb=transpose_b):
                return (a.transpose(1, 2) if ta else a) @ (b.transpose(1, 2) if tb else b)

            name = f"matmul-{'t' if transpose_a else 'n'}{'t' if transpose_b else 'n'}"
            write_op(name, {"a": a, "b": b}, matmul, transposeA=transpose_a, transposeB=transpose_b)
    write_op("matmul-broadcast", {"a": randn(2, 3, 4, 5), "b": randn(5, 6)}, lambda a, b: a @ b)

    write_op("softmax", {"x": randn(3, 4, 9, scale=4)}, lambda x: torch.softmax(x, dim=-1), axis=-1)
    write_op("log-softmax", {"x": randn(3, 4, 9, scale=4)}, lambda x: torch.log_softmax(x, dim=-1), axis=-1)

    write_op(
        "geglu",
        {"gate": randn(5, 12, scale=2), "up": randn(5, 12)},
        lambda gate, up: F.gelu(gate, approximate="tanh") * up,
    )
    write_op(
        "layer-norm",
        {"x": randn(4, 6, 16), "weight": 1 + randn(16, scale=0.3), "bias": randn(16, scale=0.3)},
        lambda x, weight, bias: F.layer_norm(x, (16,), weight, bias, 1e-5),
        eps=1e-5,
    )
    write_op(
        "rotary-partial",
        {"x": randn(2, 5, 3, 8), "positions": positions},
        lambda x, positions: partial_rotary(x, positions, 10000.0, 4),
        theta=10000.0,
        size=4,
        layout="B,T,H,hd",
    )
    qkv = {"q": randn(2, 4, 6, 8, scale=2), "k": randn(2, 2, 6, 8, scale=2), "v": randn(2, 2, 6, 8)}
    write_op(
        "attention-capped",
        {**qkv, "mask": causal_mask([6, 4], 6)},
        lambda q, k, v, mask: capped_attention(q, k, v, mask, 2.5),
        frozen=("mask",),
        cap=2.5,
        layout="B,H,T,hd",
    )
    write_op(
        "linear-cross-entropy-capped",
        {"h": randn(10, 16, scale=2), "embedding": randn(37, 16), "labels": labels},
        lambda h, embedding, labels: F.cross_entropy(3 * torch.tanh(h @ embedding.T / 3), labels, reduction="none"),
        cap=3.0,
    )


if __name__ == "__main__":
    main()
