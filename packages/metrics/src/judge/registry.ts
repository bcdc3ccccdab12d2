import { defineRegistry } from '@pharmacist/core';
import { beaverDam } from './beaver-dam.ts';
import type { JudgeMaker } from './judge.ts';
import { ngram } from './ngram.ts';
import { openai } from './openai.ts';
import { refusalKeywords } from './refusal-keywords.ts';

/** Every judge; a new one is one file and one word here. */
export const JUDGES = defineRegistry<JudgeMaker>('judge', [ngram, refusalKeywords, beaverDam, openai]);
