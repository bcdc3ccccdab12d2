import { describe, expect, it } from 'vitest';
import { createEngine } from '@pharmacist/tensor-kernels';
import { testEngine } from './support/engine-contract.ts';
import { trackedEngines } from './support/leaks.ts';

const start = trackedEngines();

describe('tfjs-node-gpu', () => {
  testEngine('tfjs-node-gpu', start);

  it('says where it computes, and is taken by itself on a graphics card only', async () => {
    const { description } = await start({ name: 'tfjs-node-gpu' });
    const { engine, reason } = await createEngine();
    await engine.dispose();
    if (description.includes('on the CPU')) expect(reason).toContain('tfjs-node-gpu: it finds no CUDA device');
    else expect(description).toContain('CUDA');
  });
});
