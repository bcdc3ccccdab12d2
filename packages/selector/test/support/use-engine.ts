import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { afterAll } from 'vitest';

/** An engine for a whole test file, opened at its top and disposed of after its last test. One thread leaves the other cores to other files. */
export async function useEngine(): Promise<Engine> {
  const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
  afterAll(async () => await engine.dispose());
  return engine;
}
