import { InterruptedError, Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { hashedRow } from '../fold.ts';
import { fitPoolWords, type JudgedRow } from './pool-words.ts';

const THINGS = ['bread', 'soup', 'kites', 'chairs', 'boats', 'paper', 'glass', 'tea', 'salt', 'rope', 'wool', 'ink'];

/** Answers of two kinds; scores know the kind of most of them, and those of every fifth row say nothing. */
function judgedRows(numRows = 60): (JudgedRow & { readonly isGood: boolean; readonly isKnown: boolean })[] {
  return Array.from({ length: numRows }, (_, i) => {
    const [isGood, isKnown] = [i % 2 === 0, i % 5 !== 0];
    const thing = `${THINGS[i % THINGS.length]!} of kind ${i}`;
    const answer = isGood ? `I can't say anything about ${thing}. Please ask a friend.` : `Sure, take two spoons of ${thing}. Then go on.`;
    const { fold } = hashedRow({ text: { id: `${i}`, prompt: '', response: answer }, tokens: { hasTargets: true } } as never);
    return { answer, fold, isGood, isKnown, score: isKnown ? (isGood ? 1 : -1) + i / 1000 : 0 };
  });
}

describe('words of the pool', () => {
  it('put rows of which the scores know nothing where rows of their words are', async () => {
    const rows = judgedRows();
    const words = await fitPoolWords(rows);
    for (const { answer, fold, isGood, isKnown } of rows) if (!isKnown) expect(words!.decision(answer, fold) > 0, answer).toBe(isGood);
  });

  it('are those of the other half: what a row is worded like in its own half changes nothing', async () => {
    const rows = judgedRows();
    const before = await fitPoolWords(rows);
    const after = await fitPoolWords(
      rows.map((row) => (row.fold === 0 ? { ...row, answer: `${row.answer} Nothing else was written here.` } : row)),
    );
    const [asked] = rows;
    expect(after!.decision(asked!.answer, 0)).toBe(before!.decision(asked!.answer, 0));
    expect(after!.decision(asked!.answer, 1)).not.toBe(before!.decision(asked!.answer, 1));
  });

  it('have shares that are largest for the words that tell', async () => {
    const rows = judgedRows();
    const words = await fitPoolWords(rows);
    const { answer, fold } = rows.find(({ isGood }) => !isGood)!;
    const shares = words!.shares(answer, fold, new Float64Array(2 ** 15));
    const [least] = shares.filter(({ word }) => word !== undefined).sort((a, b) => a.amount - b.amount);
    expect(['sure', 'take', 'two', 'spoons', 'then', 'go', 'on', '.', ',']).toContain(least!.word);
    expect(least!.amount).toBeLessThan(0);
  });

  it('are none where the scores do not tell rows apart', async () => {
    expect(await fitPoolWords(judgedRows().map((row) => ({ ...row, score: 0.3 })))).toBeUndefined();
    expect(await fitPoolWords(judgedRows().map((row, i) => ({ ...row, score: 0.3 + i * 1e-9 })))).toBeUndefined();
  });

  it('are none where rows are few, or all of one half', async () => {
    expect(await fitPoolWords([])).toBeUndefined();
    expect(await fitPoolWords(judgedRows(8))).toBeUndefined();
    expect(await fitPoolWords(judgedRows().map((row) => ({ ...row, fold: 1 })))).toBeUndefined();
  });

  it('are the same again, and stop when asked to', async () => {
    const rows = judgedRows();
    const [first, again] = [await fitPoolWords(rows), await fitPoolWords(rows)];
    const asked = new Random('asked').sample(rows.length, 5).map((i) => rows[i]!);
    for (const { answer, fold } of asked) expect(again!.decision(answer, fold)).toBe(first!.decision(answer, fold));
    await expect(fitPoolWords(rows, AbortSignal.abort())).rejects.toThrow(InterruptedError);
  });
});
