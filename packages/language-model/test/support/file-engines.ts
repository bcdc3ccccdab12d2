import { createEngine, type Engine, type EngineName } from '@pharmacist/tensor-kernels';
import { afterAll } from 'vitest';

/** Engines of one thread for a whole test file, by name: each is started when it is first asked for, and ends after the last test. */
export function fileEngines(): (name: EngineName) => Promise<Engine> {
  const started = new Map<EngineName, Promise<Engine>>();
  afterAll(async () => {
    for (const engine of started.values()) await (await engine).dispose();
  });
  return async (name) => {
    const start = async () => (await createEngine({ name, numThreads: 1 })).engine;
    if (!started.has(name)) started.set(name, start());
    return await started.get(name)!;
  };
}
