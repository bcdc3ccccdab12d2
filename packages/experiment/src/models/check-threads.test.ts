import { expect, it } from 'vitest';
import { withWorkbench } from './workbench.ts';
import { checkThreads } from './check-threads.ts';

it('allows some for each core, and the threads of a large machine anywhere', () => {
  expect(() => checkThreads(256, '--threads', 2)).not.toThrow();
  expect(() => checkThreads(1536, '--threads', 384)).not.toThrow();
  expect(() => checkThreads(1537, '--threads', 384)).toThrow('1537 threads are more than a machine of 384 cores can use');
});

it('is done before an engine is started', async () => {
  const opening = withWorkbench({ model: 'tiny', numThreads: 100_000 }, undefined, async () => await Promise.resolve());
  await expect(opening).rejects.toMatchObject({ where: '--threads' });
});
