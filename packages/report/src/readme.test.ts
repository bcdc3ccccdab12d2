import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['true true false']);
});
