import { describe, expect, it } from 'vitest';
import { defineTask } from './define-task.ts';
import type { TaskDefinition } from './task.ts';

const MINE = {
  name: 'shout',
  instruction: (text: string) => ({ prompt: text }),
  target: (reference: string) => reference.toUpperCase(),
  score: (answer: string, reference: string) => ({ isCorrect: answer === reference.toUpperCase(), predicted: answer }),
} as const;

const changed = (change: object) => defineTask({ ...MINE, ...change } as TaskDefinition & { name: 'shout' });

describe('a task of one’s own', () => {
  it('needs a name, an instruction, a target and marks', () => {
    const task = defineTask(MINE);
    expect(task).toMatchObject({ kind: 'task', name: 'shout', variants: ['plain'], maxNewTokens: 64 });
    expect(task.score(task.target('yes'), 'yes')).toEqual({ isCorrect: true, predicted: 'YES' });
    expect(() => task.instruction('a text', 'loud')).toThrow('Known: plain');
  });

  it.each([
    [{ variants: [] }, 'has variants that are no list of names'],
    [{ labels: [1, 2] }, 'has labels that are no list of texts'],
    [{ maxNewTokens: 0.5 }, 'has 0.5 for maxNewTokens'],
    [{ score: undefined }, 'has no score'],
  ])('is refused with %o', (change, message) => {
    expect(() => changed(change)).toThrow(message);
  });

  it.each([
    [() => changed({ instruction: () => 'a text' }).instruction('a'), 'gives "a text" for a prompt'],
    [() => changed({ target: () => undefined }).target('yes'), 'gives undefined for an answer to train on'],
    [() => changed({ score: () => true }).score('YES', 'yes'), 'marks an answer to the reference "yes" with true'],
    [() => changed({ score: () => ({ isCorrect: 1, predicted: null }) }).score('YES', 'yes'), 'marks an answer to the reference "yes"'],
    [() => changed({ classOf: () => 3 }).classOf!('yes'), 'gives 3 for a class'],
  ])('is held to what its functions give: %s', (call, message) => {
    expect(call).toThrow(message);
  });

  it('is named when it throws', () => {
    const broken = changed({
      target: () => {
        throw new TypeError('not a reference');
      },
    });
    expect(() => broken.target('yes')).toThrow(
      expect.objectContaining({ where: 'task shout', message: 'threw TypeError: not a reference' }),
    );
  });

  it('keeps its name and its contract with other labels', () => {
    const labelled = changed({ withLabels: (labels: readonly string[]) => ({ ...MINE, labels, target: () => 3 }) });
    const other = labelled.withLabels!(['a', 'b']);
    expect(other).toMatchObject({ name: 'shout', labels: ['a', 'b'] });
    expect(() => other.target('a')).toThrow('gives 3 for an answer to train on');
  });
});
