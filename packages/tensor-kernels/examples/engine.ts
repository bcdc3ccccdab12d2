/**
 * An engine, as one would be added: `src/engine/timed-engine.ts`, and its name and start in `src/engine/create-engine.ts`. This one lets
 * another work and keeps the time.
 */
import type { Engine, EngineFunction } from '../src/engine/engine.ts';

/** Calls and milliseconds of each program, by its name. */
export type Timings = Map<string, { calls: number; ms: number }>;

/** @param inner does the work, and is released with this one. */
export function timedEngine(inner: Engine, timings: Timings = new Map()): Engine {
  const timed = (program: EngineFunction): EngineFunction => ({
    name: program.name,
    cost: async (inputs) => await program.cost(inputs),
    async run(inputs, options) {
      const startedMs = performance.now();
      try {
        return await program.run(inputs, options);
      } finally {
        const { calls, ms } = timings.get(program.name) ?? { calls: 0, ms: 0 };
        timings.set(program.name, { calls: calls + 1, ms: ms + performance.now() - startedMs });
      }
    },
  });
  return {
    name: `timed-${inner.name}`,
    description: `${inner.description}, timed`,
    versions: inner.versions,
    compile: (name, program) => timed(inner.compile(name, program)),
    upload: async (tensor, options) => await inner.upload(tensor, options),
    zeros: async (shape, dtype) => await inner.zeros(shape, dtype),
    download: async (tensor) => await inner.download(tensor),
    usage: () => inner.usage(),
    dispose: async () => await inner.dispose(),
  };
}
