export { BUNDLED_MODELS, modelDirectory } from './assets.ts';
export { SELECT_DEFAULTS } from './select/options.ts';
export type { SelectOptions } from './select/options.ts';
export { parseMethod } from './select/parse-method.ts';
export { select } from './select/select.ts';
export type { SelectResult } from './select/select.ts';
export { versions } from './versions.ts';
