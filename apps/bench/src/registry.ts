import { defineRegistry } from '@pharmacist/core';
import type { Suite } from './suite.ts';
import { defenses } from './suites/defenses.ts';
import { generate } from './suites/generate.ts';
import { largeModels } from './suites/large-models.ts';
import { largePools } from './suites/large-pools.ts';
import { memory } from './suites/memory.ts';
import { perRow } from './suites/per-row.ts';
import { scaleOut } from './suites/scale-out.ts';
import { select } from './suites/select.ts';
import { start } from './suites/start.ts';
import { selectors } from './suites/selectors.ts';
import { step } from './suites/step.ts';
import { textSelectors } from './suites/text-selectors.ts';

/** Every suite; a new one is one file and one word here. */
export const SUITES = defineRegistry<Suite>('suite', [
  step,
  perRow,
  select,
  memory,
  largeModels,
  start,
  generate,
  defenses,
  selectors,
  textSelectors,
  largePools,
  scaleOut,
]);
