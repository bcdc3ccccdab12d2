import { describe, expect, it } from 'vitest';
import { parseMethod } from '../select/parse-method.ts';
import { methodWork } from './method-work.ts';

const batches = { batchSize: 8, maxLength: 256 };
const scoring = { ...batches, batchOption: '--batch-size' };
const given = { harmful: true, trusted: true };
const workOf = (name: string, options = {}, explains = false) => methodWork(parseMethod(name, options, given), { ...batches, explains });
const training = (name: string, loraRank: number, batchSize: number) => ({
  work: 'training',
  loraRank,
  batchSize,
  maxLength: 256,
  batchOption: `trainBatchSize of ${name}:`,
});

describe('what a method has the model do', () => {
  it('is nothing, a forward pass, or gradients by a LoRA of the rank that was asked for', () => {
    expect(workOf('random')).toEqual([]);
    expect(workOf('perplexity')).toEqual([{ ...scoring, work: 'forward' }]);
    expect(workOf('bi-anchor', { loraRank: 32 })).toEqual([{ ...scoring, work: 'influences', loraRank: 32 }]);
    expect(workOf('bi-anchor', { form: 'representations' })).toEqual([{ ...scoring, work: 'forward' }]);
  });

  it('is a training too where it makes a short run, whose steps have a size of their own', () => {
    expect(workOf('el2n', { loraRank: 4 })).toEqual([{ ...scoring, work: 'forward' }, training('el2n', 4, 16)]);
    expect(workOf('el2n', { steps: 0 })).toEqual([{ ...scoring, work: 'forward' }]);
    expect(workOf('ifd')).toEqual([{ ...scoring, work: 'forward' }]);
    expect(workOf('ifd', { experienced: true, trainBatchSize: 2 })).toEqual([{ ...scoring, work: 'forward' }, training('ifd', 8, 2)]);
    expect(workOf('seal')).toEqual([training('seal', 8, 16)]);
    expect(workOf('bilevel')).toEqual([{ ...scoring, work: 'influences', loraRank: 8 }, training('bilevel', 8, 16)]);
    expect(workOf('bilevel', { checkpoints: [0] })).toHaveLength(1);
  });

  it('is a forward pass beside it where the ranking is explained', () => {
    expect(workOf('random', {}, true)).toEqual([{ ...scoring, work: 'forward' }]);
    expect(workOf('perplexity', {}, true)).toHaveLength(1);
    expect(workOf('seal', {}, true)).toEqual([training('seal', 8, 16), { ...scoring, work: 'forward' }]);
  });
});
