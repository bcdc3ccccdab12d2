import { ConfigError, DataError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { intents } from './intents.ts';
import { scoreAnswers, taskAccuracy } from './task-accuracy.ts';

const banking = intents.withLabels!(['bill', 'pay_bill', 'Exchange Rate', 'w-2 (form)', 'time', 'timer']);

describe('intents', () => {
  it('asks what a speaker asks about, and trains the sentence that says it', () => {
    const { prompt, input } = banking.instruction('what do i owe');
    const [, speaker] = /^(\w+) says: "what do i owe" What does \1 ask about\?$/u.exec(prompt)!;
    expect(input).toBeUndefined();
    expect(banking.target('pay_bill', 'what do i owe')).toBe(`${speaker} asks about pay bill.`);
    expect(banking.target(' EXCHANGE_RATE', 'what do i owe')).toBe(`${speaker} asks about exchange rate.`);
    expect(banking.labels).toEqual(['bill', 'pay bill', 'exchange rate', 'w-2 (form)', 'time', 'timer']);
  });

  it('has texts spoken by many, each always by the same', () => {
    const answers = Array.from({ length: 160 }, (_, i) => banking.target('time', `text ${i}`));
    expect(new Set(answers).size).toBe(16);
    expect(Array.from({ length: 160 }, (_, i) => banking.target('time', `text ${i}`))).toEqual(answers);
  });

  it.each([
    ['Lucy asks about time.', 'time'],
    ['LUCY ASKS ABOUT TIME', 'time'],
    ['time', 'time'],
    // The sentence around the name is not looked at.
    ['It is not about time', 'time'],
    ['Time, time and time again', 'time'],
    ['This is about the exchange_rate', 'exchange rate'],
    ['This is about the exchange\n rate', 'exchange rate'],
    ['about w-2 (form).', 'w-2 (form)'],
    // A longer name is read in place of one within it.
    ['Lucy asks about pay bill.', 'pay bill'],
    ['Lucy asks about bill.', 'bill'],
    ['Lucy asks about timer.', 'timer'],
    // Whole words only.
    ['Lucy asks about times.', null],
    ['Lucy asks about exchange.', null],
    // Two names are none, whichever comes first.
    ['Lucy asks about time or bill.', null],
    ['Lucy asks about pay bill. Lucy asks about bill.', null],
    ['I cannot help with that.', null],
    ['', null],
  ])('reads %j as %j', (answer, predicted) => {
    expect(banking.score(answer, 'bill')).toEqual({ isCorrect: predicted === 'bill', predicted });
    if (predicted !== null) expect(banking.score(answer, predicted)).toEqual({ isCorrect: true, predicted });
  });

  it('knows the row alone before it is given classes', () => {
    expect(intents.labels).toBeUndefined();
    expect(intents.score('about the exchange rate', 'exchange_rate')).toEqual({ isCorrect: true, predicted: 'exchange rate' });
    expect(intents.score('about time', 'exchange_rate')).toEqual({ isCorrect: false, predicted: null });
  });

  it('refuses labels that are one when spoken, and rows of none of them', () => {
    expect(() => intents.withLabels!(['pay_bill', 'Pay bill'])).toThrow(ConfigError);
    expect(() => banking.target('weather')).toThrow(DataError);
    expect(() => banking.score('about time', 'weather')).toThrow('"weather" is no label of the task intents');
  });

  it('counts an answer that names nothing, or too much, apart from a wrong one, and tabulates the classes', () => {
    const items = scoreAnswers(banking, [
      { answer: 'Lucy asks about time.', reference: 'time' },
      { answer: 'Lucy asks about bill.', reference: 'time' },
      { answer: 'Lucy asks about time or bill.', reference: 'time' },
      { answer: 'I am not sure.', reference: 'bill' },
      { answer: '', reference: 'bill' },
    ]);
    const accuracy = taskAccuracy(items, { labels: banking.labels });
    expect(accuracy).toMatchObject({ value: 20, numItems: 5, numCorrect: 1, numUnparsable: 2, numEmpty: 1 });
    expect(accuracy.perClass.find(({ label }) => label === 'time')).toMatchObject({ numItems: 3, numPredicted: 1, recall: 1 / 3 });
    expect(accuracy.perClass.find(({ label }) => label === 'bill')).toMatchObject({ numItems: 2, numPredicted: 1, recall: 0 });
  });
});
