import { silentReporter } from '@pharmacist/core';
import { Tokenizer } from '@pharmacist/language-model';
import { modelPath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { tokenizeRows } from './tokenize.ts';

it('a row with a token that the model has no embedding for is named by its file and line', async () => {
  const tokenizer = await Tokenizer.load(modelPath('tiny'), { embeddingRows: 4000 });
  const missing = tokenizer.tokenOf(4095)!;
  const row = (id: string, line: number, response: string) => ({
    id,
    prompt: 'A question?',
    response,
    fields: {},
    position: { source: 'pool.jsonl', line },
  });
  const options = { template: 'plain', maxLength: 64, source: 'pool.jsonl' };
  const tokenize = (response: string) =>
    tokenizeRows([row('a', 4, 'Fine.'), row('b', 7, response)], { tokenizer }, options, silentReporter);
  expect(tokenize('Fine.').tokens).toHaveLength(2);
  const text = tokenizer.decode([4095]);
  expect(() => tokenize(text)).toThrow(
    expect.objectContaining({ where: 'pool.jsonl:7', message: expect.stringContaining(`${JSON.stringify(missing)} (id 4095)`) }),
  );
});
