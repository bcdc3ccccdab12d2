import { type Engine, type EngineChoice, ENGINES } from '@pharmacist/tensor-kernels';
import { afterAll, beforeEach, vi } from 'vitest';

/**
 * Lets all runs of a test file that ask for the engine onnx have one: a start takes as long as the rest of a small run. What a run leaves in it ends with the file.
 * Starts and ends of engines have their own tests in tensor-kernels.
 */
export function shareEngine(): void {
  const maker = ENGINES.get('onnx');
  const start = maker.start;
  const started = new Map<string, Promise<EngineChoice>>();
  beforeEach(() => {
    vi.spyOn(maker, 'start').mockImplementation(async (options = {}) => {
      const key = JSON.stringify(options);
      if (!started.has(key)) started.set(key, start(options));
      const { engine, reason } = await started.get(key)!;
      return { engine: kept(engine), reason };
    });
  });
  afterAll(async () => {
    for (const choice of started.values()) await (await choice).engine.dispose();
  });
}

/** The same engine to whoever ends it; nothing ends. */
function kept(engine: Engine): Engine {
  return new Proxy(engine, {
    get: (_, key) => {
      if (key === 'dispose') return async () => await Promise.resolve();
      const value: unknown = Reflect.get(engine, key, engine);
      return typeof value === 'function' ? (value.bind(engine) as unknown) : value;
    },
  });
}
