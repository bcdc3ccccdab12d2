"""Writes test-fixtures/golden/gguf/blocks.json: random quantised blocks and what ggml's Python package makes of them.

Needs gguf==0.19.0 beside requirements.txt. Every byte of a block is random but its f16 scales, which are finite and of the size seen in
models, one of them negative and one subnormal. `values` are the float32 results; every one is exact in the JSON.
"""

from __future__ import annotations

import numpy as np
from common import GOLDEN, write_json, write_sidecar
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

SEED = 5
BLOCKS = 4
# Byte offsets of the f16 fields of each block.
SCALE_OFFSETS = {
    "Q8_0": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q4_K": [0, 2],
    "Q6_K": [208],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q5_K": [0, 2],
    "Q3_K": [108],
    "Q2_K": [80, 82],
    "IQ4_NL": [0],
    "IQ4_XS": [0],
}
SCALES = np.array([0.0123, -0.0071, 3e-6, 1.5], dtype=np.float16)
FLOATS = ["F16", "BF16"]


def main() -> None:
    random = np.random.default_rng(SEED)
    golden = {}
    for name, offsets in SCALE_OFFSETS.items():
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
        for shift, offset in enumerate(offsets):
            blocks[:, offset : offset + 2] = np.roll(SCALES, shift).view(np.uint8).reshape(BLOCKS, 2)
        golden[name] = entry(blocks, kind)
        assert len(golden[name]["values"]) == BLOCKS * elements
    for name in FLOATS:
        patterns = random.integers(0, 65536, 64, dtype=np.uint16)
        exponent = 0x7C00 if name == "F16" else 0x7F80
        patterns = patterns[(patterns & exponent) != exponent][:32]
        golden[name] = entry(patterns.view(np.uint8).reshape(1, -1), GGMLQuantizationType[name])
    path = GOLDEN / "gguf" / "blocks.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, golden)
    write_sidecar(path, __file__, SEED, ("gguf", "numpy"), [])


def entry(data: np.ndarray, kind: GGMLQuantizationType) -> dict:
    values = np.asarray(dequantize(data, kind), dtype=np.float32).reshape(-1)
    assert np.isfinite(values).all()
    return {"hex": data.tobytes().hex(), "values": [float(value) for value in values]}


if __name__ == "__main__":
    main()
