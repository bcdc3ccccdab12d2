import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';
import { SELECTORS } from './registry.ts';

it('runs the example of the README', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual([SELECTORS.names.join(' '), 'public text', '[2,1]']);
});
