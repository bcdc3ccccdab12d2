import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['good 7 4 null', 'mislabelled 3 9 1', 'kept rows that are good: 1']);
});
