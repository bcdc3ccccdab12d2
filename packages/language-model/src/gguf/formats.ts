import { defineRegistry } from '@pharmacist/core';
import { bf16, f16, f32 } from './float.ts';
import { q4_0 } from './q4-0.ts';
import { q4_1 } from './q4-1.ts';
import { q4_k } from './q4-k.ts';
import { q6_k } from './q6-k.ts';
import { q8_0 } from './q8-0.ts';

export const BLOCK_FORMATS = defineRegistry('GGUF tensor type', [f32, f16, bf16, q8_0, q4_0, q4_1, q4_k, q6_k]);
