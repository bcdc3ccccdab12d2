export { automaticKeep } from './automatic-keep.ts';
export { bilevelConfig } from './bilevel/config.ts';
export type { BilevelConfig } from './bilevel/config.ts';
export { NumberLists } from './number-lists.ts';
export { numKept, rankingOrder } from './core-subset.ts';
export { duplicateGroups } from './filters/duplicate-groups.ts';
export type { DuplicateOptions } from './filters/duplicate-groups.ts';
export { defineFilter } from './filters/define-filter.ts';
export type { Filter, FilterContext, FilterDefinition, Filtered, FilterVerdict } from './filters/filter.ts';
export { FILTERS } from './filters/registry.ts';
export { explainRanking } from './explain/explain.ts';
export type { Explanation } from './explain/explain.ts';
export { ROW_FLAGS } from './explain/flags.ts';
export type { RowFlag } from './explain/flags.ts';
export { answerTerms } from './pharmacist/words/answer-terms.ts';
export { hashedTerms } from './pharmacist/words/hashed-terms.ts';
export { trainWordPrior } from './pharmacist/words/train-prior.ts';
export type { PriorAnswer } from './pharmacist/words/train-prior.ts';
export { wordDecision } from './pharmacist/words/word-model.ts';
export type { WordModel } from './pharmacist/words/word-model.ts';
export { decodeWordPriors, encodeWordPriors, WORD_PRIORS } from './pharmacist/words/word-prior.ts';
export type { WordPriorName } from './pharmacist/words/word-prior.ts';
export { pharmacistConfig } from './pharmacist/config.ts';
export type { PharmacistConfig } from './pharmacist/config.ts';
export { SELECTORS } from './registry.ts';
export { belowOthers } from './below-others.ts';
export { COMMON_COLUMNS } from './contract/checked-ranking.ts';
export { defineSelector } from './define-selector.ts';
export { tokensOf } from './selector.ts';
export type {
  Columns,
  ColumnValues,
  Finding,
  FitSizes,
  FitWork,
  FittedRanking,
  ModelWork,
  Needed,
  OpenedModel,
  PoolRow,
  Ranking,
  Reason,
  RowReasons,
  RowValues,
  SelectionContext,
  SelectionCost,
  SelectionState,
  Selector,
  SelectorDefinition,
  TextRow,
} from './selector.ts';
export { directionInput, influenceProgram } from './gradients/influence-program.ts';
export { batchOf, batchPlan } from './row-batches.ts';
export { type AdapterMeta, adapterOf, adapterState } from './row-maps/adapter-state.ts';
export type { DividedPass } from './row-maps/divided-pass.ts';
export { MappedValues } from './row-maps/mapped-values.ts';
export { ROW_MAPS } from './row-maps/registry.ts';
export type { DividedTexts } from './text-maps/divided-texts.ts';
export type { Elsewhere } from './text-maps/elsewhere.ts';
export { mapTexts } from './text-maps/map-texts.ts';
export { TEXT_MAPS } from './text-maps/registry.ts';
export type { FoundLists, MappedText, TextMap } from './text-maps/text-map.ts';
export { type FoundTokens, tokensFound, tokensMap } from './text-maps/tokens-map.ts';
export type { MapParameters, RowMap, ValueForms } from './row-maps/row-map.ts';
