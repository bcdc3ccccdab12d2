import { describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError, InternalError, type PharmacistError } from './errors.ts';
import { defineRegistry } from './registry.ts';

const DEFENSES = defineRegistry('defense', [{ name: 'sft', steps: 1 } as const, { name: 'booster', steps: 3 } as const]);

describe('defineRegistry', () => {
  it('keeps the definitions in order, by name', () => {
    expect(DEFENSES.names).toEqual(['sft', 'booster']);
    expect([...DEFENSES].map(({ steps }) => steps)).toEqual([1, 3]);
    expect(DEFENSES.get('booster').steps).toBe(3);
    expect(DEFENSES.has('sft')).toBe(true);
    expect(DEFENSES.has('toString')).toBe(false);
    expectTypeOf(DEFENSES.names).toEqualTypeOf<readonly ('sft' | 'booster')[]>();
  });

  it('answers an unknown name with the nearest one and the list', () => {
    try {
      DEFENSES.get('boster');
      expect.fail('no error');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as PharmacistError).describe()).toBe(
        'E_CONFIG defense: "boster" is unknown. Did you mean "booster"? Known: sft, booster.',
      );
    }
  });

  it('refuses two definitions of one name', () => {
    expect(() => defineRegistry('judge', [{ name: 'refusal' }, { name: 'refusal' }])).toThrow(
      new InternalError('two definitions of the judge "refusal"'),
    );
  });

  it('takes further definitions behind its own, under names that are free', () => {
    const judges = defineRegistry<{ readonly name: string }>('judge', [{ name: 'ngram' }]);
    const more = judges.with([{ name: 'mine' }]);
    expect([more.names, judges.names]).toEqual([['ngram', 'mine'], ['ngram']]);
    expect(more.get('mine')).toEqual({ name: 'mine' });
    expect(() => judges.with([{ name: 'ngram' }])).toThrow('"ngram" cannot be added: there is one of this name already');
    expect(() => judges.with([{ name: 'a' }, { name: 'a' }])).toThrow('"a" cannot be added: two have this name');
  });
});
