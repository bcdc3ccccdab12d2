import { defineRegistry } from '@pharmacist/core';
import { stateNearnessMap } from '../bi-anchor/state-nearness.ts';
import { shiftMap } from '../datashield/shift-map.ts';
import { errorNormMap } from '../early-training/error-norms.ts';
import { influenceMap } from '../gradients/influences.ts';
import { pairedCosineMap } from '../larf/paired-cosines.ts';
import { cosineMap } from '../less/cosines.ts';
import { lossMap } from '../mean-losses.ts';
import { measureMap } from '../pharmacist/measure-map.ts';
import { similarityMap } from '../rds/similarity-map.ts';
import { stateMap } from '../states/pooled-states.ts';
import type { RowMap } from './row-map.ts';

/** Every map of rows, for processes that are told of one by its name. */
export const ROW_MAPS = defineRegistry<RowMap>('map of rows', [
  cosineMap,
  errorNormMap,
  influenceMap,
  lossMap,
  measureMap,
  pairedCosineMap,
  shiftMap,
  similarityMap,
  stateMap,
  stateNearnessMap,
]);
