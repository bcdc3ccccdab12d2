export { bundledPath } from '@pharmacist/bundled';
export { fixturePath, goldenPath, modelPath } from './paths.ts';
export { modelForms, type ModelForm } from './model-forms.ts';
export { tokenizerKinds, readTokenizerCases, type TokenizerCase, type TokenizerKind } from './tokenizer-cases.ts';
export { readOptimiserGolden, scheduleNames, type OptimiserGolden, type OptimiserStep, type ScheduleName } from './optimiser-golden.ts';
export { readOpGolden, type GoldenTensor, type OpGolden } from './op-golden.ts';
