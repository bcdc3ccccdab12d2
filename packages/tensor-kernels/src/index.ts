export { float32, floats, int32, isHalf, sizeOf, widened } from './host-tensor.ts';
export { bfloat16ToFloat32, float16ToFloat32, float16Value, float32ToBfloat16, float32ToFloat16 } from './half-precision.ts';
export type { DType, HalfDType, HalfTensor, HostTensor, Shape } from './host-tensor.ts';
export { isResident } from './engine/engine.ts';
export type {
  Engine,
  EngineFunction,
  EngineInput,
  EngineUsage,
  InputType,
  Program,
  ProgramCost,
  ResidentTensor,
  ProgramRunOptions,
  UploadOptions,
  WriteTarget,
} from './engine/engine.ts';
export { createEngine, ENGINE_NAMES } from './engine/create-engine.ts';
export { defineEngine } from './engine/define-engine.ts';
export type { EngineDefinition, EngineMaker, EngineStartOptions } from './engine/define-engine.ts';
export { ENGINES } from './engine/registry.ts';
export { MAX_ARENA_BYTES } from './engine/onnx-engine.ts';
export { PjrtEngine } from './engine/pjrt-engine.ts';
export type { PjrtEngineOptions } from './engine/pjrt-engine.ts';
export type { CreateEngineOptions, EngineChoice, EngineName } from './engine/create-engine.ts';
export {
  attention,
  geGlu,
  layerNorm,
  linearCrossEntropy,
  linearCrossEntropyWithGradient,
  loraLinear,
  rmsNorm,
  rotary,
  scaledMatMul,
  swiGlu,
} from './kernels/index.ts';
export type { LoraFactors, RotaryTables } from './kernels/index.ts';
export { estimateProgram } from './graph/estimate.ts';
export { recomputed, recomputingEngine } from './recompute.ts';
export { segment } from './segment.ts';
export { valueAndGradients } from './value-and-gradients.ts';
export type { LossAndGradients } from './value-and-gradients.ts';
export { ADAMW_DEFAULTS, AdamW } from './optimizer/adamw.ts';
export type { AdamWOptions, AdamWState, ParameterMap } from './optimizer/adamw.ts';
export { adamWProgram, RESIDENT_VECTORS } from './optimizer/adamw-program.ts';
export type { AdamWProgramOptions } from './optimizer/adamw-program.ts';
export { clipByGlobalNorm, globalNorm } from './optimizer/clip.ts';
export { learningRateAt, SCHEDULE_NAMES } from './optimizer/schedule.ts';
export type { ScheduleName, ScheduleOptions } from './optimizer/schedule.ts';
