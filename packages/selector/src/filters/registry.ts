import { defineRegistry } from '@pharmacist/core';
import { dedupe } from './dedupe.ts';
import type { Filter } from './filter.ts';

/** Every filter; a new one is one file and one word here. */
export const FILTERS = defineRegistry<Filter>('filter', [dedupe]);
