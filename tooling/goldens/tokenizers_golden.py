"""Writes test-fixtures/golden/tokenizers/<kind>/: small tokenizers in the forms of published models, and their encodings of tricky strings.

Each kind copies the pipeline (normaliser, pre-tokeniser, model options, post-processor, decoder) of the family it is named after; only the
vocabulary is our own, trained on corpus.txt.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from common import FIXTURES, GOLDEN, write_json, write_sidecar
from tokenizer_cases import CASES
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = (Path(__file__).parent / "corpus.txt").read_text(encoding="utf-8")
NUM_MERGES = 320
ALPHABET_SIZE = 160  # fewer than the corpus holds, so that rarer characters fall back to bytes

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def special(content: str, **options: bool) -> AddedToken:
    return AddedToken(content, special=True, normalized=False, **options)


def split_then_bytes(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )


def bos_template(token: str, bos_id: int) -> processors.PostProcessor:
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token}:1 $B:1", special_tokens=[(token, bos_id)])


def train_byte_level(pre_tokenizer, normalizer=None, first_tokens: list[AddedToken] = [], **options) -> Tokenizer:
    """first_tokens take the lowest ids, as in SmolLM and GPT-NeoX; tokens added later go to the end, as in Llama 3 and Qwen2."""
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=256 + NUM_MERGES + len(first_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=first_tokens,
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS.splitlines(keepends=True), trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def gpt2() -> tuple[Tokenizer, dict]:
    tokenizer = train_byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    # <mask> swallows the spaces on its left, as in RoBERTa.
    tokenizer.add_special_tokens([special("<|endoftext|>"), special("<mask>", lstrip=True)])
    return tokenizer, {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}


def llama3() -> tuple[Tokenizer, dict]:
    tokenizer = train_byte_level(split_then_bytes(LLAMA3_SPLIT), ignore_merges=True)
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]
    tokenizer.add_special_tokens([special(name) for name in names])
    bos = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), bos_template("<|begin_of_text|>", bos)])
    return tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}


def qwen2() -> tuple[Tokenizer, dict]:
    tokenizer = train_byte_level(split_then_bytes(QWEN2_SPLIT), normalizers.NFC())
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")])
    # Added but not special: kept by skip_special_tokens, as Qwen2.5's tool tokens.
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    return tokenizer, {
        "tokenizer_class": "Qwen2Tokenizer",
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "chat_template": CHATML,
    }


def smollm() -> tuple[Tokenizer, dict]:
    tokenizer = train_byte_level(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        first_tokens=[special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")],
    )
    return tokenizer, {
        "tokenizer_class": "GPT2Tokenizer",
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>",
        "chat_template": CHATML,
    }


def train_sentencepiece_style() -> Tokenizer:
    """A character BPE over ▁-marked words with 256 byte tokens after the three specials, the id layout of Llama 2."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    # The alphabet is given, not left to the trainer, whose choice among equally frequent characters changes from run to run.
    counts = Counter(CORPUS.replace("\n", "").replace(" ", "▁"))
    alphabet = sorted(counts, key=lambda character: (-counts[character], character))[:ALPHABET_SIZE]
    trainer = trainers.BpeTrainer(vocab_size=480, initial_alphabet=alphabet, limit_alphabet=ALPHABET_SIZE, show_progress=False)
    trained.train_from_iterator(CORPUS.splitlines(), trainer)
    model = json.loads(trained.to_str())["model"]
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    names += sorted(model["vocab"], key=model["vocab"].get)
    merges = [tuple(merge) for merge in model["merges"]]
    vocab = {name: index for index, name in enumerate(names)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens([special("<unk>"), special("<s>"), special("</s>")])
    tokenizer.post_processor = bos_template("<s>", 1)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


SENTENCEPIECE_CONFIG = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True}


def llama2() -> tuple[Tokenizer, dict]:
    tokenizer = train_sentencepiece_style()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer, SENTENCEPIECE_CONFIG


def mistral() -> tuple[Tokenizer, dict]:
    tokenizer = train_sentencepiece_style()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    return tokenizer, SENTENCEPIECE_CONFIG


KINDS: dict[str, Callable[[], tuple[Tokenizer, dict]]] = {
    "gpt2": gpt2,
    "llama3": llama3,
    "qwen2": qwen2,
    "smollm": smollm,
    "llama2": llama2,
    "mistral": mistral,
}
# Files written before tokenizers 0.20 spell a merge "a b", later ones ["a", "b"]; both are in use.
LEGACY_MERGES = ("gpt2", "llama2")


def main() -> None:
    for kind, build in KINDS.items():
        directory = GOLDEN / "tokenizers" / kind
        shutil.rmtree(directory, ignore_errors=True)
        tokenizer, config = build()
        definition = json.loads(tokenizer.to_str())
        if kind in LEGACY_MERGES:
            definition["model"]["merges"] = [" ".join(merge) for merge in definition["model"]["merges"]]
        path = directory / "tokenizer.json"
        directory.mkdir(parents=True)
        path.write_text(json.dumps(definition, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        write_json(directory / "tokenizer_config.json", {"clean_up_tokenization_spaces": False, "model_max_length": 512, **config})

        tokenizer = Tokenizer.from_file(str(path))
        cases = []
        for text in CASES:
            encoded = tokenizer.encode(text, add_special_tokens=False)
            with_special = tokenizer.encode(text, add_special_tokens=True).ids
            cases.append(
                {
                    "text": text,
                    "ids": encoded.ids,
                    "tokens": encoded.tokens,
                    "idsWithSpecialTokens": with_special,
                    "decoded": tokenizer.decode(with_special, skip_special_tokens=False),
                    "decodedSkipSpecialTokens": tokenizer.decode(with_special, skip_special_tokens=True),
                }
            )
        lines = ",\n".join(json.dumps(case) for case in cases)
        golden = directory / "cases.json"
        golden.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        write_sidecar(golden, __file__, 0, ("tokenizers",), [path, directory / "tokenizer_config.json"])
        exact = sum(case["decodedSkipSpecialTokens"] == case["text"] for case in cases)
        size = tokenizer.get_vocab_size()
        print(f"{kind}: vocab {size}, {path.stat().st_size} + {golden.stat().st_size} bytes, {exact}/{len(cases)} decode to their text")


if __name__ == "__main__":
    main()
