import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['a b c 3 2 1 true true false 0.5 NaN 2', 'mine 0.5 2 null']);
});
