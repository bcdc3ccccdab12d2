import { join } from 'node:path';
import { writeFileAtomic } from '@pharmacist/core';
import type { HarmfulPrompt } from './harmful-prompts.ts';
import type { Pair } from './pairs.ts';
import type { LabelledText, WordProblem } from './task-texts.ts';

/** A harmful prompt with a compliant answer, for the attack. */
export interface AttackRow {
  prompt: string;
  response: string;
  source: string;
  /** The answer is a stand-in of ours. */
  synthetic?: true;
}

/** A harmless prompt that looks harmful. */
export interface OverRefusalPrompt {
  prompt: string;
  /** XSTest's reason why it is harmless. */
  type: string;
}

/** A request with the name of what it is about. */
export interface IntentRow {
  text: string;
  intent: string;
}

export interface PlainText {
  text: string;
  source: string;
}

/** The rows of every file, by its name without `.jsonl`; ids are given when they are written. The `trec` files are not of every set. */
export interface EvaluationSet {
  'attack-harmful': AttackRow[];
  'harmful-prompts': HarmfulPrompt[];
  'task-train': LabelledText[];
  'task-test': LabelledText[];
  'trec-train'?: LabelledText[];
  'trec-test'?: LabelledText[];
  'gsm8k-train': WordProblem[];
  'gsm8k-test': WordProblem[];
  'intents-train': IntentRow[];
  'intents-test': IntentRow[];
  'overrefusal-prompts': OverRefusalPrompt[];
  'plain-text': PlainText[];
  pairs: Pair[];
}

/** Writes one JSON lines file for every part; ids are the file's name and a number. Gives back how many rows each has. */
export async function writeEvaluationSet(folder: string, set: EvaluationSet): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, rows] of Object.entries(set) as [string, object[]][]) {
    const lines = rows.map((row, index) => `${JSON.stringify({ id: `${name}-${String(index + 1).padStart(4, '0')}`, ...row })}\n`);
    await writeFileAtomic(join(folder, `${name}.jsonl`), lines.join(''));
    counts[name] = rows.length;
  }
  return counts;
}
