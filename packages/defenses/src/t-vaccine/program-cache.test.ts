import { AdapterProgram } from '@pharmacist/language-model';
import type { Engine, Program } from '@pharmacist/tensor-kernels';
import { describe, expect, it } from 'vitest';
import { numSubsets, ProgramCache } from './program-cache.ts';

function programs() {
  const ofModel = new Map<string, AdapterProgram>();
  const made: string[] = [];
  const make = (name: string) => (): Program => {
    made.push(name);
    return () => ({});
  };
  // Programs are made here and never run.
  const engine = {} as Engine;
  const model = {
    engine,
    adapterProgram: (key: string, name: string, create: () => Program) => {
      const program = ofModel.get(key) ?? new AdapterProgram(engine, name, create());
      ofModel.set(key, program);
      return program;
    },
  };
  return { model, make, made, ofModel };
}

describe('ProgramCache', () => {
  it('leaves few programs to the model, so that a later run finds them', () => {
    const { model, make, made, ofModel } = programs();
    for (let run = 0; run < 2; run++) {
      const cache = new ProgramCache(model, 4);
      for (const key of ['0', '1', '2', '3', '0']) expect(cache.get(key, key, make(key)).name).toBe(key);
      expect(cache.size).toBe(0);
    }
    expect(made).toEqual(['0', '1', '2', '3']);
    expect(ofModel.size).toBe(4);
  });

  it('keeps the 32 used last of many', () => {
    const { model, make, made, ofModel } = programs();
    const cache = new ProgramCache(model, 220);
    for (let i = 0; i < 32; i++) cache.get(`${i}`, `${i}`, make(`${i}`));
    cache.get('0', '0', make('0')); // now the oldest is 1
    cache.get('32', '32', make('32'));
    expect(cache.size).toBe(32);
    expect(made).toHaveLength(33);
    cache.get('0', '0', make('0'));
    expect(made).toHaveLength(33);
    cache.get('1', '1', make('1'));
    expect(made.at(-1)).toBe('1');
    expect(cache.size).toBe(32);
    expect(ofModel.size).toBe(0);
  });
});

describe('numSubsets', () => {
  it('is the binomial coefficient', () => {
    expect([numSubsets(4, 1), numSubsets(12, 3), numSubsets(32, 8), numSubsets(5, 5), numSubsets(5, 0)]).toEqual([
      4, 220, 10_518_300, 1, 1,
    ]);
  });
});
