"""The tiny checkpoints: which architecture variant each form stands for, and how its config.json is spelled."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    Olmo2Config,
    Phi3Config,
    PretrainedConfig,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
    StableLmConfig,
)

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
    lora_rank: int = 4
    # What norms are drawn around: 0 where the model adds 1 itself.
    norm_center: float = 1.0


SEPARATE = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
FUSED = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")

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

DEFAULT_ROPE = {"rope_theta": 10000.0, "rope_type": "default"}
GROUPED = dict(COMMON, num_key_value_heads=2)
# Sequences of the goldens have up to 24 tokens, generations 19.
WINDOW = 8


def family(name: str, seed: int, config: PretrainedConfig, **options: object) -> ModelForm:
    return ModelForm(name, seed, config, lora_rank=2, **options)


# One form a family, with everything on that sets it apart, and forms for what any family may have.
FORMS += [
    family(
        "llama-bias",
        121,
        LlamaConfig(**GROUPED, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, rope_parameters=DEFAULT_ROPE),
    ),
    family(
        "mistral-window",
        122,
        MistralConfig(**GROUPED, rms_norm_eps=1e-5, sliding_window=WINDOW, rope_parameters=DEFAULT_ROPE),
    ),
    # The second of two layers has the window.
    family(
        "qwen3",
        143,
        Qwen3Config(
            **GROUPED,
            head_dim=16,
            tie_word_embeddings=True,
            use_sliding_window=True,
            sliding_window=WINDOW,
            max_window_layers=1,
            rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"},
        ),
    ),
    family("gemma", 124, GemmaConfig(**dict(GROUPED, num_key_value_heads=1), head_dim=16), norm_center=0.0),
    # Caps of 5 and 4 bend scores and logits of this size; 50 and 30 would leave them alone.
    family(
        "gemma2",
        125,
        Gemma2Config(
            **GROUPED,
            head_dim=16,
            query_pre_attn_scalar=24,
            attn_logit_softcapping=5.0,
            final_logit_softcapping=4.0,
            sliding_window=WINDOW,
            rope_parameters=DEFAULT_ROPE,
        ),
        norm_center=0.0,
    ),
    # Three layers: two with the window and its own angles, one without and with stretched ones.
    family(
        "gemma3",
        126,
        Gemma3TextConfig(
            **dict(GROUPED, num_hidden_layers=3),
            head_dim=16,
            query_pre_attn_scalar=24,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
            },
        ),
        norm_center=0.0,
    ),
    family(
        "phi3",
        127,
        Phi3Config(
            **GROUPED,
            sliding_window=12,
            rope_parameters={**DEFAULT_ROPE, "partial_rotary_factor": 0.5},
        ),
    ),
    # Long factors from the 17th token on: within a sequence, and within a generation.
    family(
        "phi3-longrope",
        128,
        Phi3Config(
            **GROUPED,
            original_max_position_embeddings=16,
            rope_parameters={
                "rope_theta": 100.0,
                "rope_type": "longrope",
                "short_factor": [1.0, 1.1, 1.3, 1.6],
                "long_factor": [1.2, 2.0, 4.0, 8.0],
            },
        ),
    ),
    family("olmo2", 129, Olmo2Config(**GROUPED, rope_parameters={"rope_theta": 500000.0, "rope_type": "default"})),
    family(
        "granite",
        130,
        GraniteConfig(
            **GROUPED,
            tie_word_embeddings=True,
            embedding_multiplier=3.0,
            residual_multiplier=0.6,
            attention_multiplier=0.2,
            logits_scaling=2.0,
            rope_parameters=DEFAULT_ROPE,
        ),
    ),
    # The second of two layers has no positions.
    family(
        "smollm3",
        131,
        SmolLM3Config(**GROUPED, no_rope_layer_interval=2, rope_parameters={"rope_theta": 100.0, "rope_type": "default"}),
    ),
    family(
        "stablelm",
        132,
        StableLmConfig(**GROUPED, use_qkv_bias=True, rope_parameters={**DEFAULT_ROPE, "partial_rotary_factor": 0.5}),
    ),
    family(
        "stablelm-parallel",
        134,
        StableLmConfig(
            **GROUPED,
            use_parallel_residual=True,
            qk_layernorm=True,
            tie_word_embeddings=True,
            rope_parameters={**DEFAULT_ROPE, "partial_rotary_factor": 0.5},
        ),
    ),
    # The base grows from the 17th token on: within a sequence, and within a generation.
    family(
        "llama-dynamic",
        135,
        LlamaConfig(
            **dict(GROUPED, max_position_embeddings=16),
            tie_word_embeddings=True,
            rope_parameters={"rope_theta": 100.0, "rope_type": "dynamic", "factor": 4.0},
        ),
    ),
    # theta 100 and original length 32 put the four frequencies on both sides of the ramp and on it.
    family(
        "llama-yarn",
        133,
        LlamaConfig(
            **GROUPED,
            tie_word_embeddings=True,
            rope_parameters={
                "rope_theta": 100.0,
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 32,
                "beta_fast": 4.0,
                "beta_slow": 1.0,
            },
        ),
    ),
]
