import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the example of the README', async () => {
  const { printed } = await runReadmeExample(import.meta.url);
  expect(printed).toEqual([
    'pharmacist bilevel random full perplexity oracle less el2n grand seal dsir ifd superfiltering k-center facility-location rds larf datashield bi-anchor',
    'public text',
    '[2,1]',
  ]);
});
