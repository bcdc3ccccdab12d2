import { defineRegistry } from '@pharmacist/core';
import { ngramMap } from '../dsir/ngram-map.ts';
import type { TextMap } from './text-map.ts';
import { tokensMap } from './tokens-map.ts';

/** Every map of texts, for processes that are told of one by its name. */
export const TEXT_MAPS = defineRegistry<TextMap>('map of texts', [ngramMap as TextMap, tokensMap as TextMap]);
