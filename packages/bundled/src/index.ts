export { BUNDLED_MODELS } from './bundled-models.ts';
export { bundledPath } from './bundled-path.ts';
