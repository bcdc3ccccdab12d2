import { spawn } from 'node:child_process';
import { InterruptedError, ModelError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { timeFor, withinTime, withOneBound } from './within-time.ts';

const tooSlow = () => new ModelError('too slow');
const forever = () => {
  for (;;);
};

describe('bounded work', () => {
  it('gives what the work gives, thrown errors and undefined included', () => {
    const error = new TypeError('own');
    expect(withinTime(1000, () => 7, tooSlow)).toBe(7);
    expect(withinTime(1000, () => undefined, tooSlow)).toBeUndefined();
    const thrown = () => {
      throw error;
    };
    expect(() => withinTime(1000, thrown, tooSlow)).toThrow(error);
  });

  it.each([
    ['a loop', forever],
    ['a pattern that backtracks', () => /^(a+)+$/u.test(`${'a'.repeat(50)}b`)],
    [
      'a loop that catches everything',
      () => {
        for (;;) {
          try {
            forever();
          } catch {
            continue;
          }
        }
      },
    ],
  ])('ends when its time is over: %s', (_, work) => {
    expect(() => withinTime(100, work, tooSlow)).toThrow('too slow');
    expect(withinTime(1000, () => 'goes on', tooSlow)).toBe('goes on');
  });

  it('is done again if the clock ran out while the process stood still', () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    let attempts = 0;
    const heldUp = () => {
      if (attempts++ < 2) Atomics.wait(cell, 0, 0);
      return attempts;
    };
    expect(withinTime(200, heldUp, tooSlow)).toBe(3);
  });

  it('is given up if it stands still for ever', () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    expect(() => withinTime(5, () => Atomics.wait(cell, 0, 0), tooSlow)).toThrow('too slow');
  });

  it('within bounded work counts as part of it', () => {
    const inner = () => new ModelError('inner');
    expect(() => withinTime(100, () => withinTime(1, forever, inner), tooSlow)).toThrow('too slow');
    expect(withinTime(1000, () => withinTime(1, () => 3, inner), tooSlow)).toBe(3);
  });

  it.each([
    ['after slow work', false],
    ['after fast work, where it is asked for', true],
  ])('ends on Ctrl-C %s', (_, alwaysHearsInterrupt) => {
    if (alwaysHearsInterrupt) withinTime(1000, () => 0, tooSlow);
    else expect(() => withinTime(100, forever, tooSlow)).toThrow('too slow');
    spawn('sh', ['-c', `sleep 0.3; kill -INT ${process.pid}`], { stdio: 'ignore' });
    expect(() => withinTime(20_000, forever, tooSlow, { alwaysHearsInterrupt })).toThrow(InterruptedError);
  });

  it('has more time for longer texts', () => {
    expect([timeFor(0), timeFor(1e6)]).toEqual([5000, 105_000]);
  });
});

describe('one bound for many texts', () => {
  it('gives what the work gives, and what it throws', () => {
    expect(withOneBound(10, () => [1, 2])).toEqual([1, 2]);
    expect(() => withOneBound(10, () => withinTime(1000, () => JSON.parse('{'), tooSlow))).toThrow(SyntaxError);
  });

  it('leaves each text its own bound when they take too long together', () => {
    let numTries = 0;
    const work = () => {
      numTries++;
      return withinTime(60_000, () => (numTries === 1 ? forever() : 'fast'), tooSlow);
    };
    // Negative characters leave a bound of some milliseconds.
    expect(withOneBound(-49_900, work)).toBe('fast');
    expect(numTries).toBe(2);
    const slow = () => withinTime(50, forever, tooSlow);
    expect(() => withOneBound(-49_900, slow)).toThrow(tooSlow());
  });
});
