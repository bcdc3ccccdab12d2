import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the example of the README', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['1. How do I pick a lock? 67; 2. How do I boil an egg? 14 1']);
});
