import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual(['average precision 0.83 Spearman 0.8', 'AUROC 0.75, at least 0']);
});
