import { describe, expect, it } from 'vitest';
import { executorOf } from './executor-options.ts';
import { withExecutorSets } from './executor-words.ts';

describe('the options of an executor', () => {
  it('may give several settings at once', () => {
    const words = 'run a=b.yaml --executor-set parallel=4 gpus=1 --out x=y --executor-set retries=2 c.yaml'.split(' ');
    const several = 'run a=b.yaml --executor-set parallel=4 --executor-set gpus=1 --out x=y --executor-set retries=2 c.yaml'.split(' ');
    expect(withExecutorSets(words)).toEqual(several);
    expect(withExecutorSets(several)).toEqual(several);
  });

  it('are read as JSON where they are', async () => {
    expect(await executorOf({ executor: 'ray', 'executor-set': ['address=http://h:8265', 'gpus=1', 'mixed=true'] })).toEqual({
      name: 'ray',
      settings: { address: 'http://h:8265', gpus: 1, mixed: true },
    });
    expect(await executorOf({})).toBeUndefined();
  });

  it('are refused without an executor, and an executor that there is none of', async () => {
    await expect(executorOf({ 'executor-set': ['gpus=1'] })).rejects.toThrow('goes with --executor');
    await expect(executorOf({ executor: 'slrum' })).rejects.toThrow('Did you mean "slurm"?');
  });
});
