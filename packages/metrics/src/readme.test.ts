import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['good 1.5 1 null', 'benign 3 0 1', 'mislabelled 4 1 1', 'kept rows that are good: 0.67', 'AUROC 1, at least 1']);
});
