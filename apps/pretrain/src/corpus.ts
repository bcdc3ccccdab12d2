import { Random, sha256 } from '@pharmacist/core';
import { alpacaText } from './alpaca-template.ts';
import { readXzRows, readXzText } from './source-file.ts';
import { cutAtSentence, gsm8kAnswer, normalizeText, splitSentences } from './text-shape.ts';
import { wikitextArticles } from './wikitext.ts';

/** One training text of the base model; the packed corpus puts BOS before it and EOS after it. */
export interface Document {
  text: string;
  source: 't0-instruction' | 't0-passage' | 'gsm8k' | 'wikitext';
}

export interface Corpus {
  train: Document[];
  heldout: Document[];
}

/** A prompt with its answer, of any source. */
export interface InstructionRow {
  prompt: string;
  response: string;
}

export interface CorpusOptions {
  seed: number;
  /** Share of documents held out; documents with a passage in common go to the same side. */
  heldoutFraction?: number;
}

/** An instruction longer than this does not leave room for its answer in the model's context. */
const MAX_PROMPT_CHARS = 900;
const MAX_RESPONSE_CHARS = 700;
/** Templates repeat a passage up to a dozen times: more than this many uses teach little new. */
const MAX_PASSAGE_USES = 3;
/** Less plain text than this is a headline or a leftover. */
const MIN_PASSAGE_CHARS = 400;
/** Plain text is cut into pieces that a few context lengths hold. */
const MAX_PIECE_CHARS = 3000;

/** Answers and questions that refuse: the base model must not have seen what alignment is to teach. */
const REFUSAL =
  /\b(?:as an ai|language model|i(?:'m| am) sorry,? but|i (?:cannot|can't|can’t|won't) (?:help|assist|provide|answer|fulfil))/iu;

/**
 * Reads the base model's training text from the folder of source data: T0/P3 rows, WikiText-2 and the GSM8K training rows, and nothing
 * from a safety data set. Deterministic in `seed`.
 * @throws {FileError} if a source file is missing or `xz` is not installed.
 */
export async function readCorpus(folder: string, options: CorpusOptions): Promise<Corpus> {
  const t0 = await readXzRows<InstructionRow>(folder, 't0_p3');
  const gsm8k = await readXzRows<{ question: string; answer: string }>(folder, 'gsm8k_train');
  const wikitext = await readXzText(folder, 'wikitext2_valid_test.txt');
  return buildCorpus(
    { t0, gsm8k: gsm8k.map(({ question, answer }) => ({ prompt: question, response: gsm8kAnswer(answer) })), wikitext },
    options,
  );
}

export interface CorpusSources {
  t0: readonly InstructionRow[];
  gsm8k: readonly InstructionRow[];
  wikitext: string;
}

/**
 * Documents of all sources, shuffled and split.
 *  - Rows with a short prompt become Alpaca texts; of rows that share a passage the few with the longest answers are kept.
 *  - Rows with a long prompt give plain text: those of its sentences that no document before held.
 *  - GSM8K rows become Alpaca texts; WikiText articles become pieces of plain text.
 */
export function buildCorpus(sources: CorpusSources, { seed, heldoutFraction = 0.02 }: CorpusOptions): Corpus {
  const random = new Random(seed).split('corpus');
  const groups: { key: string; document: Document }[] = [];

  const rows = random
    .split('t0')
    .shuffle(sources.t0)
    .filter(isUsable)
    .sort((a, b) => Math.min(b.response.length, MAX_RESPONSE_CHARS) - Math.min(a.response.length, MAX_RESPONSE_CHARS));
  const isShort = ({ prompt }: InstructionRow): boolean => prompt.length <= MAX_PROMPT_CHARS;
  const seenTexts = new Set<string>();
  const seenSentences = new Set<string>();
  const passageUses = new Map<string, number>();
  const addInstruction = ({ prompt, response }: InstructionRow, source: Document['source']): void => {
    const text = alpacaText(prompt.trim(), cutAtSentence(response.trim(), MAX_RESPONSE_CHARS));
    const key = passageKey(prompt);
    const uses = passageUses.get(key) ?? 0;
    if (uses >= MAX_PASSAGE_USES || seenTexts.has(text)) return;
    passageUses.set(key, uses + 1);
    seenTexts.add(text);
    for (const sentence of splitSentences(prompt)) seenSentences.add(normalizeText(sentence));
    groups.push({ key, document: { text, source } });
  };
  for (const row of rows) if (isShort(row)) addInstruction(row, 't0-instruction');
  for (const row of random.split('gsm8k').shuffle(sources.gsm8k)) addInstruction(row, 'gsm8k');
  for (const row of rows) {
    if (isShort(row)) continue;
    const passage = novelText(row.prompt, seenSentences);
    const key = passageKey(passage);
    for (const text of piecesOf(passage, MAX_PIECE_CHARS)) {
      if (text.length >= MIN_PASSAGE_CHARS) groups.push({ key, document: { text, source: 't0-passage' } });
    }
  }
  for (const article of wikitextArticles(sources.wikitext)) {
    const key = passageKey(article);
    for (const text of piecesOf(article, MAX_PIECE_CHARS)) groups.push({ key, document: { text, source: 'wikitext' } });
  }

  const corpus: Corpus = { train: [], heldout: [] };
  for (const { key, document } of random.split('order').shuffle(groups)) {
    const isHeldOut = random.split('heldout', key).uniform() < heldoutFraction;
    corpus[isHeldOut ? 'heldout' : 'train'].push(document);
  }
  return corpus;
}

function isUsable({ prompt, response }: InstructionRow): boolean {
  return prompt.trim() !== '' && response.trim() !== '' && !REFUSAL.test(response) && !REFUSAL.test(prompt);
}

/** Identifies the passage a prompt is about: its longest sentence, or the whole prompt where every sentence is short. */
function passageKey(prompt: string): string {
  const longest = splitSentences(prompt)
    .map(normalizeText)
    .reduce((best, sentence) => (sentence.length > best.length ? sentence : best), '');
  return sha256(longest.length >= 60 ? longest : normalizeText(prompt));
}

/** The sentences of `text` that are not in `seen`, in order; adds them to it. */
function novelText(text: string, seen: Set<string>): string {
  let novel = '';
  for (const sentence of splitSentences(text)) {
    const key = normalizeText(sentence);
    if (key === '' || seen.has(key)) continue;
    seen.add(key);
    novel += sentence;
  }
  return novel.trim();
}

function piecesOf(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== '';) {
    const piece = cutAtSentence(rest, maxChars);
    pieces.push(piece);
    rest = rest.slice(piece.length).trimStart();
  }
  return pieces;
}
