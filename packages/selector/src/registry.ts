import { defineRegistry } from '@pharmacist/core';
import { dsir } from './dsir/dsir.ts';
import { full } from './full.ts';
import { loss } from './loss.ts';
import { oracle } from './oracle.ts';
import { pharmacist } from './pharmacist/pharmacist.ts';
import { random } from './random.ts';
import type { Selector } from './selector.ts';

/** Every selection method; a new one is one file and one word here. */
export const SELECTORS = defineRegistry<Selector>('method', [pharmacist, random, full, loss, oracle, dsir]);
