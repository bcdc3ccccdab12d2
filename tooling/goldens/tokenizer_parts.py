"""Writes test-fixtures/golden/tokenizer-parts/cases.json: parts of a tokenizer.json that published models seldom have, put into the tokenizers
of golden/tokenizers one by one, and what Python's `tokenizers` makes of short strings with them.
"""

from __future__ import annotations

import json

from common import GOLDEN, write_sidecar
from tokenizers import Tokenizer

TEXTS = [
    "I cannot help, helpful people help selfhelp.",
    "help",
    "  help  help-help  ",
    "a  b   c ",
    " a--b---c- ",
    "1,2;3...4!? (x) «é» $5+5=10",
    "éhelp helpé help_ _help hélp help\u00b2 help\u0301 \u65e5help\u672c help\U0001d518 \U0001d518help",
    "tab\thelp\nhelp\u3000help\u0085help\ufeffhelp",
    "x12y\u00bd\u2167 7",
    "<s>help</s> <A>help <A> help<A>",
    "\u2581\u2581x \u2581y help",
    "Stra\u00dfe \u039f\u0394\u039f\u03a3 HELP Help",
    "-",
    " ",
]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def with_bytes(*parts: dict) -> dict:
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [*parts, BYTES]}}


def split(pattern: dict, behavior: str, invert: bool = False) -> dict:
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def added(content: str, **options: bool) -> dict:
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False, **options}


def byte_level_parts() -> dict[str, dict]:
    parts = {}
    for behavior in BEHAVIORS:
        for invert in (False, True):
            name = f"{behavior}{' inverted' if invert else ''}"
            parts[f"split at a space, {name}"] = with_bytes(split({"String": " "}, behavior, invert))
            parts[f"split at a pattern, {name}"] = with_bytes(split({"Regex": r"\p{P}+|\s"}, behavior, invert))
        parts[f"split at nothing or dashes, {behavior}"] = with_bytes(split({"Regex": "-*"}, behavior))
        parts[f"punctuation, {behavior}"] = with_bytes({"type": "Punctuation", "behavior": behavior})
    parts["punctuation"] = with_bytes({"type": "Punctuation"})
    for name in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer"):
        parts[name] = with_bytes({"type": name})
    parts["a delimiter"] = with_bytes({"type": "CharDelimiterSplit", "delimiter": "-"})
    for individual in (False, True):
        parts[f"digits, {individual}"] = with_bytes({"type": "Digits", "individual_digits": individual})
    parts["a space before every part"] = {
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split({"String": "-"}, "Isolated"), {**BYTES, "add_prefix_space": True, "use_regex": True}]}
    }
    for options in ({"single_word": True}, {"single_word": True, "lstrip": True, "rstrip": True}, {"lstrip": True}, {"rstrip": True}):
        for special in (False, True):
            parts[f"added, {options}, special {special}"] = {"added_tokens": [added("help", special=special, **options)]}
    lower = {"normalizer": {"type": "Lowercase"}}
    parts["lower case"] = lower
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    parts["BERT's normaliser"] = {"normalizer": bert}
    parts["added to lower case"] = {**lower, "added_tokens": [added("HELP", normalized=True)]}
    parts["added to lower case as it is"] = {**lower, "added_tokens": [added("HELP")]}
    parts["added, one within another"] = {
        "added_tokens": [added("hel"), added("help"), added("helpful", single_word=True), added("lp,", normalized=True)]
    }
    parts["stripped"] = {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}}
    parts["a dollar put in"] = {"normalizer": {"type": "Replace", "pattern": {"String": "help"}, "content": "$& $1"}}
    parts["added with letters of bytes"] = {"added_tokens": [added("\u0120\u00e9help"), added("\u2581help"), added("\u65e5help")]}
    return parts


def sentencepiece_parts() -> dict[str, dict]:
    parts = {}
    for scheme in ("always", "first", "never"):
        for is_split in (False, True):
            metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": is_split}
            parts[f"metaspace {scheme}, split {is_split}"] = {"pre_tokenizer": metaspace, "decoder": metaspace}
            parts[f"metaspace {scheme}, split {is_split}, after dashes"] = {
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split({"String": "-"}, "Isolated"), metaspace]},
                "decoder": metaspace,
            }
        for options in ({}, {"special": True}, {"lstrip": True}, {"rstrip": True}, {"single_word": True}, {"normalized": True}):
            metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": False}
            tokens = [added("help", **options), added("<A>", **options)]
            parts[f"metaspace {scheme}, added {options}"] = {"pre_tokenizer": metaspace, "decoder": metaspace, "added_tokens": tokens}
            parts[f"metaspace {scheme}, added {options}, own decoder"] = {"pre_tokenizer": metaspace, "added_tokens": tokens}
    prepend = {"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
    ]}
    for options in ({}, {"normalized": True}, {"special": True}, {"rstrip": True}, {"single_word": True, "normalized": True}):
        tokens = [added("help", **options), added("<A>", **options)]
        parts[f"prepended, added {options}"] = {"pre_tokenizer": None, "normalizer": prepend, "added_tokens": tokens}
    return parts


def encoded(kind: str, name: str, parts: dict) -> dict:
    definition = json.loads((GOLDEN / "tokenizers" / kind / "tokenizer.json").read_text(encoding="utf-8"))
    first = max(*definition["model"]["vocab"].values(), *(token["id"] for token in definition["added_tokens"])) + 1
    tokens = [{"id": first + i, **token} for i, token in enumerate(parts.get("added_tokens", []))]
    changed = {**parts, "added_tokens": [*definition["added_tokens"], *tokens]}
    tokenizer = Tokenizer.from_str(json.dumps({**definition, **changed}))
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        decoded = [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True)]
        cases.append([text, ids, *decoded])
    return {"name": name, "kind": kind, "parts": changed, "cases": cases}


def main() -> None:
    results = [encoded("gpt2", name, parts) for name, parts in byte_level_parts().items()]
    results += [encoded("mistral", name, parts) for name, parts in sentencepiece_parts().items()]
    golden = GOLDEN / "tokenizer-parts" / "cases.json"
    golden.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(result) for result in results)
    golden.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    files = [GOLDEN / "tokenizers" / kind / "tokenizer.json" for kind in ("gpt2", "mistral")]
    write_sidecar(golden, __file__, 0, ("tokenizers",), files)
    print(f"{len(results)} tokenizers, {golden.stat().st_size} bytes")


if __name__ == "__main__":
    main()
