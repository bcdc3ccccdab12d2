export { createAdapter, adapterParameters, adapterTensors, checkRank, cloneAdapter, factorNames, mergedHash } from './lora.ts';
export type { LoraOptions } from './lora.ts';
export { LanguageModel } from './language-model.ts';
export type { LossAndGradient, MergedModel } from './language-model.ts';
export {
  batchConstants,
  batchInputs,
  bindTensors,
  gradientOutputs,
  gradientProgram,
  gradientsOf,
  lossProgram,
  rowLosses,
  rowMeanWeights,
  tokenMeanWeights,
} from './loss.ts';
export { EVERY_PROJECTION, moduleName, PROJECTIONS, projectionsOf } from './decoder/projections.ts';
export { mostTokens, rotaryTables } from './decoder/rotary-tables.ts';
export { checkLength } from './check-length.ts';
export { attendWithin, MASKED_SCORE, plainPositions } from './decoder/attend.ts';
export { hiddenStates } from './decoder/forward.ts';
export type { ForwardHooks } from './decoder/forward.ts';
export { finalNorm } from './decoder/norm.ts';
export { finishLogits, outputEmbedding, outputLosses, outputLossesWithGradient } from './decoder/output.ts';
export type { ModelTensors } from './decoder/tensors.ts';
export { expectedShapes } from './decoder/weight-shapes.ts';
export { MODEL_FAMILIES } from './families/registry.ts';
export type { ModelFamily, RopeScaling } from './families/model-family.ts';
export { AdapterProgram } from './train/adapter-program.ts';
export type { AdapterResults } from './train/adapter-program.ts';
export { ResidentParameters } from './train/resident-parameters.ts';
export type { ResidentGradients } from './train/resident-parameters.ts';
export { gradientSum } from './train/gradient-sum.ts';
export { ResidentUpdater } from './train/updater.ts';
export type { StepGradients, Updater, UpdaterOptions } from './train/updater.ts';
export { train } from './train/loop.ts';
export type { MethodState, StepGradient, StepRecord, TrainCheckpoint, TrainOptions } from './train/loop.ts';
export { fileCheckpoint } from './train/file-checkpoint.ts';
export { batchSequence, fineTune, hashOfRows, stepsPerEpoch, supervised } from './train/fine-tune.ts';
export type { FineTuneOptions, StepBatch, StepMethod } from './train/fine-tune.ts';
export { bucketFor, collate, lengthBucketsFor, planBatches } from './collate.ts';
export type { Batch } from './collate.ts';
export { renderPrompt, tokenizePrompt, tokenizeRow } from './tokenize-row.ts';
export type { PromptedRow, TokenizedRow } from './tokenize-row.ts';
export { parseModelConfig, readModelConfig, writeModelConfig } from './config.ts';
export type { ModelConfig } from './config.ts';
export { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
export type { Checkpoint } from './checkpoint.ts';
export { bytesOfInput, readWeightTypes } from './weight-types.ts';
export { mergeCheckpoint } from './merge-checkpoint.ts';
export type { MergedCheckpoint, MergeOptions } from './merge-checkpoint.ts';
export { generate, GENERATION_VERSION } from './generate/generate.ts';
export type { GenerateOptions, Generation } from './generate/generate.ts';
export type { SamplingOptions } from './generate/sample.ts';
export { readAdapter, readAdapterTemplate, writeAdapter } from './adapter.ts';
export type { AdapterOrigin, LoraAdapter, TrainedTemplate } from './adapter.ts';
export { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';
export type { WriteSafetensorsOptions } from './safetensors.ts';
export { PROMPT_TEMPLATES, promptTemplate } from './prompt-template.ts';
export type { ChatTurn } from './chat-turns.ts';
export type { Prompt, PromptParts, PromptTemplate } from './prompt-template.ts';
export { TEMPLATE_DATE } from './template-date.ts';
export { Tokenizer } from './tokenizer.ts';
export { importGguf } from './gguf/import-gguf.ts';
export type { GgufImport, ImportGgufOptions } from './gguf/import-gguf.ts';
export type { FloatDtype } from './streamed-weights.ts';
export { SequenceClassifier } from './sequence-classifier.ts';
export type { ClassifyOptions } from './sequence-classifier.ts';
export { withOneBound } from './within-time.ts';
