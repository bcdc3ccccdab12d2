/** Models that ship with the program, by the name they are known under: folders of `models/`. */
export const BUNDLED_MODELS = ['tiny'] as const;
