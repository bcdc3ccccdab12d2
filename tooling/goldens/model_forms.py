"""The tiny checkpoints: which architecture variant each form stands for, and how its config.json is spelled."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from transformers import LlamaConfig, MistralConfig, PretrainedConfig, Qwen2Config

COMMON = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "attention_dropout": 0.0,
}


@dataclass(frozen=True)
class ModelForm:
    name: str
    seed: int
    config: PretrainedConfig
    dtype: torch.dtype = torch.float32
    max_shard_size: str | None = None
    # Hub checkpoints mostly carry the older spelling (top-level rope_theta and rope_scaling, torch_dtype); transformers 5 writes
    # rope_parameters and dtype. Readers meet both, so both are here.
    legacy_config: dict[str, object] | None = None
    legacy_dropped: tuple[str, ...] = field(default=("rope_parameters", "dtype"))


LLAMA3_ROPE = {
    "factor": 4.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 32,
    "rope_type": "llama3",
}

LLAMA = dict(COMMON, num_key_value_heads=4, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=10000.0)
QWEN2 = dict(COMMON, num_key_value_heads=2, rms_norm_eps=1e-6, tie_word_embeddings=True, use_sliding_window=False)

FORMS = [
    ModelForm("llama", 101, LlamaConfig(**LLAMA)),
    # theta 100 and original length 32 put the four frequencies of head_dim 8 into all three regimes of the llama3 rule:
    # kept (wavelength 6.3 < 8), blended (19.9), divided by the factor (62.8 and 199 > 32).
    ModelForm(
        "llama3",
        102,
        LlamaConfig(
            **COMMON,
            num_key_value_heads=2,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            rope_parameters={"rope_theta": 100.0, **LLAMA3_ROPE},
        ),
        legacy_config={"rope_theta": 100.0, "rope_scaling": LLAMA3_ROPE, "torch_dtype": "float32"},
    ),
    ModelForm(
        "mistral",
        103,
        MistralConfig(
            **COMMON,
            num_key_value_heads=2,
            head_dim=16,  # not hidden_size / num_attention_heads = 8
            rms_norm_eps=1e-5,
            tie_word_embeddings=False,
            sliding_window=None,
            rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"},
        ),
    ),
    ModelForm(
        "qwen2",
        104,
        Qwen2Config(**QWEN2, rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"}),
        legacy_config={"rope_theta": 1000000.0, "torch_dtype": "float32"},
        legacy_dropped=("rope_parameters", "dtype", "layer_types"),
    ),
    # SmolLM2's proportions: nine query heads on three key/value heads.
    ModelForm(
        "smollm",
        105,
        LlamaConfig(
            **{**COMMON, "hidden_size": 36, "num_attention_heads": 9},
            num_key_value_heads=3,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            rope_parameters={"rope_theta": 100000.0, "rope_type": "default"},
        ),
        legacy_config={
            "is_llama_config": True,
            "rope_interleaved": False,
            "rope_scaling": None,
            "rope_theta": 100000,
            "torch_dtype": "float32",
        },
        # SmolLM2-135M's config.json has no head_dim: it must be derived.
        legacy_dropped=("rope_parameters", "dtype", "head_dim"),
    ),
    ModelForm("llama-sharded", 116, LlamaConfig(**LLAMA), dtype=torch.bfloat16, max_shard_size="30KB"),
    ModelForm(
        "qwen2-f16",
        107,
        Qwen2Config(**QWEN2, rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"}),
        dtype=torch.float16,
    ),
]
