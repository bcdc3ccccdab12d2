import { defineRegistry, type Registry } from '@pharmacist/core';
import { createEngine, ENGINE_NAMES } from './create-engine.ts';
import type { EngineMaker } from './define-engine.ts';

/** Every engine by its name, `auto` among them. */
export const ENGINES: Registry<EngineMaker> = defineRegistry(
  'engine',
  ENGINE_NAMES.map((name): EngineMaker => ({
    kind: 'engine',
    name,
    summary: name === 'auto' ? 'the fastest that works here' : 'built in',
    start: async (options = {}) => await createEngine({ name, ...options }),
  })),
);
