"""Writes test-fixtures/golden/chat-templates/families.json: what transformers' `apply_chat_template` makes of conversations with a template of
each model family; the clock stands at midnight of 26 July 2024, the day that Pharmacist tells every template.

The templates in chat_families/ are this project's own text. Each writes the words and tokens that its family's template writes and uses the
same features of Jinja; those of the models themselves are under their models' licences.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import transformers.utils.chat_template_utils as chat_template_utils
from common import GOLDEN, write_json, write_sidecar
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

FOLDER = Path(__file__).with_name("chat_families")


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


# By family: BOS, EOS, the token that ends an answer, and further special tokens that its template writes.
FAMILIES = {
    "llama-2": ("<s>", "</s>", "</s>", []),
    "llama-3": ("<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>", ["<|start_header_id|>", "<|end_header_id|>"]),
    "mistral": ("<s>", "</s>", "</s>", ["[INST]", "[/INST]"]),
    "qwen-2.5": (None, "<|im_end|>", "<|im_end|>", ["<|im_start|>", "<|endoftext|>"]),
    "qwen-3": (None, "<|im_end|>", "<|im_end|>", ["<|im_start|>", "<|endoftext|>"]),
    "gemma-2": ("<bos>", "<eos>", "<end_of_turn>", ["<start_of_turn>"]),
    "gemma-3": ("<bos>", "<eos>", "<end_of_turn>", ["<start_of_turn>"]),
    "phi-3": ("<s>", "<|endoftext|>", "<|end|>", ["<|system|>", "<|user|>", "<|assistant|>"]),
    "olmo-2": ("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", []),
    "granite": ("<|end_of_text|>", "<|end_of_text|>", "<|end_of_text|>", ["<|start_of_role|>", "<|end_of_role|>"]),
    "smollm-2": ("<|im_start|>", "<|im_end|>", "<|im_end|>", []),
    "smollm-3": (None, "<|im_end|>", "<|im_end|>", ["<|im_start|>"]),
    "stablelm-2": ("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", ["<|system|>", "<|user|>", "<|assistant|>"]),
}
# Families without a system turn get its text at the head of the first user turn.
WITHOUT_SYSTEM = {"gemma-2"}

SYSTEM = {"role": "system", "content": "Answer in one word."}
QUESTION = {"role": "user", "content": "Which colour has the sky?"}
TURNS = [{"role": "user", "content": "  Hello é.\n"}, {"role": "assistant", "content": "Hello."}, QUESTION]
CONVERSATIONS = [[QUESTION], [SYSTEM, QUESTION], TURNS, [SYSTEM, *TURNS]]
ANSWERS = ["Blue.", " \tBlue, {{ x }} 'mostly'.\n"]


def main() -> None:
    chat_template_utils.datetime = Clock
    families = []
    for name, (bos, eos, end, others) in FAMILIES.items():
        tokens = [token for token in dict.fromkeys([bos, eos, end, *others]) if token is not None]
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(WordLevel({token: i for i, token in enumerate(tokens)}, tokens[0])), bos_token=bos, eos_token=eos
        )
        template = (FOLDER / f"{name}.jinja").read_text(encoding="utf-8").removesuffix("\n")

        def render(messages: list, opens_answer: bool) -> str:
            given = merged(messages) if name in WITHOUT_SYSTEM else messages
            options = {"chat_template": template, "tokenize": False, "enable_thinking": False}
            return tokenizer.apply_chat_template(given, add_generation_prompt=opens_answer, **options)

        cases = []
        for turns in CONVERSATIONS:
            trained = [render([*turns, {"role": "assistant", "content": answer}], False) for answer in ANSWERS]
            cases.append(
                {
                    "turns": turns,
                    "prompt": render(turns, True),
                    # Up to the token that ends the answer: what follows it is never generated.
                    "trained": [text[: text.rindex(end) + len(end)] for text in trained],
                }
            )
        families.append({"family": name, "bos": bos, "eos": eos, "end": end, "tokens": tokens, "template": template, "cases": cases})
    golden = GOLDEN / "chat-templates" / "families.json"
    write_json(golden, {"answers": ANSWERS, "families": families})
    write_sidecar(golden, __file__, 0, ("transformers", "jinja2", "tokenizers"), [])
    print(f"{len(families)} families")


def merged(messages: list) -> list:
    if messages[0]["role"] != "system":
        return messages
    system, first, *rest = messages
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]


if __name__ == "__main__":
    main()
