import { defineRegistry } from '@pharmacist/core';
import { biAnchor } from './bi-anchor/bi-anchor.ts';
import { bilevel } from './bilevel/bilevel.ts';
import { datashield } from './datashield/datashield.ts';
import { dsir } from './dsir/dsir.ts';
import { facilityLocation } from './diversity/facility-location.ts';
import { kCenter } from './diversity/k-center.ts';
import { el2n } from './early-training/el2n.ts';
import { grand } from './early-training/grand.ts';
import { full } from './full.ts';
import { ifd } from './ifd/ifd.ts';
import { superfiltering } from './ifd/superfiltering.ts';
import { larf } from './larf/larf.ts';
import { less } from './less/less.ts';
import { oracle } from './oracle.ts';
import { perplexity } from './perplexity.ts';
import { pharmacist } from './pharmacist/pharmacist.ts';
import { random } from './random.ts';
import { rds } from './rds/rds.ts';
import { seal } from './seal/seal.ts';
import type { Selector } from './selector.ts';

/** Every selection method; a new one is one file and one word here. */
export const SELECTORS = defineRegistry<Selector>('method', [
  pharmacist,
  bilevel,
  random,
  full,
  perplexity,
  oracle,
  less,
  el2n,
  grand,
  seal,
  dsir,
  ifd,
  superfiltering,
  kCenter,
  facilityLocation,
  rds,
  larf,
  datashield,
  biAnchor,
]);
