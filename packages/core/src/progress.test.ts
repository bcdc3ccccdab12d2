import { describe, expect, it } from 'vitest';
import { silentReporter } from './progress.ts';

describe('silentReporter', () => {
  it('takes every report and prints nothing', () => {
    silentReporter.progress({ phase: 'Round 1 of 3', done: 1, total: 2, unit: 'rows', facts: { loss: 2.31 } });
    silentReporter.warn('a checkpoint is damaged');
    expect(silentReporter.info('engine onnx')).toBeUndefined();
  });
});
