"""Writes test-fixtures/golden/language-model/<form>.{safetensors,json}: logits, losses, gradients and greedy decoding in float64.

transformers itself computes them, with the places where it drops to float32 (norms, rotary angles, loss) replaced by the same formulas
in float64, so the stored float32 values are correctly rounded. The unchanged transformers model in float32 must agree to 1e-3.
"""

from __future__ import annotations

import math
import sys
import warnings

import torch
import torch.nn.functional as F
from common import GOLDEN, IGNORE_INDEX, MODELS, write_sidecar, write_tensors
from model_forms import FORMS, ModelForm
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging

BATCH_LENGTHS = [24, 17, 9]
PROMPT_LENGTHS = [6, 9, 0]  # 0: the third row's labels start at position 0, which the shift must drop
GENERATION_PROMPT_LENGTHS = [3, 7, 5]
NEW_TOKENS = 12
FULL_GRADIENT_FORMS = ("llama", "qwen2")  # untied; tied with biases
PACKAGES = ("torch", "transformers", "peft", "safetensors", "tokenizers", "numpy")


def angles(config, rope: dict, num_tokens: int) -> tuple[torch.Tensor, float]:
    """Frequencies and the factor on cosines and sines in float64, by the rules of transformers' modeling_rope_utils."""
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size = int(head_dim * rope.get("partial_rotary_factor", 1.0))
    frequency = rope["rope_theta"] ** -(torch.arange(0, size, 2, dtype=torch.float64) / size)
    kind = rope["rope_type"]
    if kind == "default":
        return frequency, 1.0
    if kind == "linear":
        return frequency / rope["factor"], 1.0
    if kind == "longrope":
        original = rope["original_max_position_embeddings"]
        factors = rope["long_factor"] if num_tokens > original else rope["short_factor"]
        stretch = config.max_position_embeddings / original
        return frequency / torch.tensor(factors, dtype=torch.float64), math.sqrt(1 + math.log(stretch) / math.log(original))
    if kind == "dynamic":
        length = max(num_tokens, config.max_position_embeddings) / config.max_position_embeddings
        base = rope["rope_theta"] * (rope["factor"] * length - (rope["factor"] - 1)) ** (size / (size - 2))
        return base ** -(torch.arange(0, size, 2, dtype=torch.float64) / size), 1.0
    if kind == "yarn":
        return yarn_frequencies(rope, frequency, size), 0.1 * math.log(rope["factor"]) + 1
    if kind == "llama3":
        return llama3_frequencies(rope, frequency), 1.0
    raise ValueError(f"rope_type {kind} has no float64 rule here")


def yarn_frequencies(rope: dict, frequency: torch.Tensor, size: int) -> torch.Tensor:
    """Peng et al. 2023, section 3.2: fast waves are kept, slow ones divided by the factor, between the two a ramp over the index."""

    def index_of(turns: float) -> float:
        length = rope["original_max_position_embeddings"]
        return size * math.log(length / (turns * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))

    low = max(math.floor(index_of(rope["beta_fast"])), 0)
    high = min(math.ceil(index_of(rope["beta_slow"])), size - 1)
    ramp = ((torch.arange(size // 2, dtype=torch.float64) - low) / (high - low)).clamp(0, 1)
    return frequency * (1 - ramp) + frequency / rope["factor"] * ramp


def llama3_frequencies(rope: dict, frequency: torch.Tensor) -> torch.Tensor:
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    turns = rope["original_max_position_embeddings"] * frequency / (2 * math.pi)
    blend = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - blend) * frequency / factor + blend * frequency


def rope_of(config, layer_type: str | None) -> dict:
    return config.rope_parameters if layer_type is None else config.rope_parameters[layer_type]


def in_float64(model: torch.nn.Module) -> torch.nn.Module:
    """Casts the weights and replaces every forward that would compute in float32."""
    model.double()
    for module in model.modules():
        kind = type(module).__name__
        if kind.endswith("RMSNorm"):
            center, epsilon = (1, module.eps) if kind.startswith("Gemma") else (0, module.variance_epsilon)

            def norm(x, module=module, center=center, epsilon=epsilon):
                return (center + module.weight) * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)

            module.forward = norm
        elif kind.endswith("RotaryEmbedding"):
            config = module.config
            for layer_type in getattr(module, "layer_types", [None]):
                buffer = "inv_freq" if layer_type is None else f"{layer_type}_inv_freq"
                exact, _ = angles(config, rope_of(config, layer_type), 1)
                torch.testing.assert_close(getattr(module, buffer).double(), exact, rtol=1e-6, atol=0)

            def rotary(x, position_ids, layer_type=None, config=config):
                exact, factor = angles(config, rope_of(config, layer_type), int(position_ids.max()) + 1)
                angle = position_ids[..., None].double() * exact
                angle = torch.cat((angle, angle), dim=-1)
                return factor * angle.cos(), factor * angle.sin()

            module.forward = rotary
        elif kind.endswith("ScaledWordEmbedding"):
            module.embed_scale = torch.tensor(module.scalar_embed_scale, dtype=torch.float64)
    return model.eval()


def softmax_in_its_own_type(x: torch.Tensor, dim: int, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Eager attention asks for float32; a float64 model must not lose half of its digits there."""
    return torch.softmax(x, dim, x.dtype if x.dtype == torch.float64 else dtype)


def make_batch(generator: torch.Generator, vocab: int) -> dict[str, torch.Tensor]:
    B, T = len(BATCH_LENGTHS), max(BATCH_LENGTHS)
    input_ids = torch.zeros(B, T, dtype=torch.int64)
    mask = torch.zeros(B, T, dtype=torch.int64)
    labels = torch.full((B, T), IGNORE_INDEX, dtype=torch.int64)
    for row, (length, prompt) in enumerate(zip(BATCH_LENGTHS, PROMPT_LENGTHS, strict=True)):
        ids = torch.randint(3, vocab, (length,), generator=generator)
        input_ids[row, :length] = ids
        mask[row, :length] = 1
        labels[row, prompt:length] = ids[prompt:]
    labels[0, 15] = IGNORE_INDEX  # a hole inside the answer
    return {"input_ids": input_ids, "attention_mask": mask, "labels": labels}


def forward(model, batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """logits [B,T,V], per-row mean NLL [B], mean NLL over all targets of the batch []."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    targets = batch["labels"][:, 1:]
    nll = F.cross_entropy(logits[:, :-1].transpose(1, 2), targets, ignore_index=IGNORE_INDEX, reduction="none")
    counts = (targets != IGNORE_INDEX).sum(1)
    return logits, nll.sum(1) / counts, nll.sum() / counts.sum()


def greedy(model, prompts: list[torch.Tensor], hf_model) -> torch.Tensor:
    rows = []
    # With angles that follow from the length, keys in the cache keep those of their own time: recomputation is something else.
    is_dynamic = (hf_model.config.rope_parameters or {}).get("rope_type") == "dynamic"
    for prompt in prompts:
        ids = prompt[None]
        cache = None
        for _ in range(NEW_TOKENS):
            output = model(input_ids=ids if cache is None else ids[:, -1:], past_key_values=cache, use_cache=is_dynamic)
            cache = output.past_key_values if is_dynamic else None
            logits = output.logits[0, -1]
            top = logits.topk(2).values
            if top[0] - top[1] < 2e-3:
                raise ValueError("the two best tokens are too close for a float32 program to choose reliably: change the seed")
            ids = torch.cat((ids, logits.argmax()[None, None]), dim=1)
        cached = hf_model.generate(
            prompt[None],
            attention_mask=torch.ones_like(prompt[None]),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
        if not torch.equal(cached, ids):
            raise ValueError("transformers' own generation differs")
        rows.append(ids[0, len(prompt) :])
    return torch.stack(rows)


def golden(form: ModelForm) -> None:
    directory = MODELS / form.name
    generator = torch.Generator().manual_seed(form.seed + 1000)
    vocab = form.config.vocab_size
    batch = make_batch(generator, vocab)
    prompts = [torch.randint(3, vocab, (length,), generator=generator) for length in GENERATION_PROMPT_LENGTHS]
    padded = torch.zeros(len(prompts), max(GENERATION_PROMPT_LENGTHS), dtype=torch.int64)
    for row, prompt in enumerate(prompts):
        padded[row, : len(prompt)] = prompt
    tensors = {
        **batch,
        "generation.prompt_ids": padded,
        "generation.prompt_lengths": torch.tensor(GENERATION_PROMPT_LENGTHS),
    }

    def load() -> torch.nn.Module:
        # Only the eager form of attention knows caps on scores.
        return AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager")

    stock = load().eval()
    base = in_float64(load())
    reference = stock(**batch)
    logits, per_row, mean = forward(base, batch)
    torch.testing.assert_close(reference.logits.double(), logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(reference.loss.double(), mean, rtol=1e-4, atol=1e-4)
    tensors |= {"base.logits": logits, "base.per_row_nll": per_row, "base.token_mean_loss": mean}
    if form.name in FULL_GRADIENT_FORMS:
        parameters = dict(base.named_parameters())
        for name, gradient in zip(parameters, torch.autograd.grad(mean, list(parameters.values())), strict=True):
            tensors[f"base_grad.{name}"] = gradient
    with torch.no_grad():
        tensors["generation.base_new_ids"] = greedy(base, prompts, stock)

    stock = PeftModel.from_pretrained(stock, directory / "adapter").eval()
    adapted = in_float64(PeftModel.from_pretrained(load(), directory / "adapter", is_trainable=True))
    reference = stock(**batch)
    logits, per_row, mean = forward(adapted, batch)
    torch.testing.assert_close(reference.logits.double(), logits, rtol=1e-3, atol=1e-3)
    tensors |= {"adapter.logits": logits, "adapter.per_row_nll": per_row, "adapter.token_mean_loss": mean}
    factors = {name.replace(".default", ""): p for name, p in adapted.named_parameters() if "lora_" in name}
    leaves = list(factors.values())
    for name, gradient in zip(factors, torch.autograd.grad(mean, leaves, retain_graph=True), strict=True):
        tensors[f"grad.{name}"] = gradient
    rows = [torch.autograd.grad(row, leaves, retain_graph=True) for row in per_row]
    for index, name in enumerate(factors):
        tensors[f"per_row_grad.{name}"] = torch.stack([row[index] for row in rows])
    with torch.no_grad():
        tensors["generation.adapter_new_ids"] = greedy(adapted, prompts, stock)

    path = GOLDEN / "language-model" / f"{form.name}.safetensors"
    write_tensors(path, tensors)
    files = sorted(file for file in directory.rglob("*") if file.is_file())
    write_sidecar(path, __file__, form.seed, PACKAGES, files)
    ratio = (tensors["adapter.logits"] - tensors["base.logits"]).norm() / tensors["base.logits"].norm()
    print(
        f"{form.name}: base {tensors['base.token_mean_loss']:.4f} adapter {mean:.4f}, "
        f"logits std {logits.std():.2f}, adapter effect {ratio:.2f}, {path.stat().st_size} bytes"
    )


def main(names: list[str]) -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore")
    torch.nn.functional.softmax = softmax_in_its_own_type
    for form in FORMS:
        if not names or form.name in names:
            golden(form)


if __name__ == "__main__":
    main(sys.argv[1:])
