import type { Engine, Program } from './engine/engine.ts';

/** Whether the program that runs at this moment keeps what its segments begin with and makes the rest again. Programs run synchronously, one at a time. */
let isAsked = false;

/** Whether the program at work was made by `recomputed`. */
export function isRecomputing(): boolean {
  return isAsked;
}

/**
 * The same program with less memory: of each segment of its forward passes only what comes after it reads is kept, and the backward pass makes
 * the rest again when it gets there (activation recomputation; Chen et al. 2016, arXiv 1604.06174, section 3). Same operations on the same numbers.
 */
export function recomputed(program: Program): Program {
  return (inputs) => {
    const before = isAsked;
    isAsked = true;
    try {
      return program(inputs);
    } finally {
      isAsked = before;
    }
  };
}

/** The same engine with every program recomputed. */
export function recomputingEngine(engine: Engine): Engine {
  return {
    name: engine.name,
    description: `${engine.description}, activations made again`,
    versions: engine.versions,
    ...(engine.keepsParameters !== undefined && { keepsParameters: engine.keepsParameters }),
    compile: (name, program) => engine.compile(name, recomputed(program)),
    upload: async (tensor, options) => await engine.upload(tensor, options),
    zeros: async (shape, dtype) => await engine.zeros(shape, dtype),
    download: async (tensor) => await engine.download(tensor),
    usage: () => engine.usage(),
    dispose: async () => await engine.dispose(),
  };
}
