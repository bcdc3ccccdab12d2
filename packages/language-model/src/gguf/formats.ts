import { defineRegistry } from '@pharmacist/core';
import { bf16, f16, f32 } from './float.ts';
import { iq4_nl, iq4_xs } from './iq4.ts';
import { q2_k } from './q2-k.ts';
import { q3_k } from './q3-k.ts';
import { q4_0 } from './q4-0.ts';
import { q4_1 } from './q4-1.ts';
import { q4_k } from './q4-k.ts';
import { q5_0 } from './q5-0.ts';
import { q5_1 } from './q5-1.ts';
import { q5_k } from './q5-k.ts';
import { q6_k } from './q6-k.ts';
import { q8_0 } from './q8-0.ts';

export const BLOCK_FORMATS = defineRegistry('GGUF tensor type', [
  f32,
  f16,
  bf16,
  q8_0,
  q6_k,
  q5_0,
  q5_1,
  q5_k,
  q4_0,
  q4_1,
  q4_k,
  iq4_nl,
  iq4_xs,
  q3_k,
  q2_k,
]);
