import { silentReporter } from '@pharmacist/core';
import { Tokenizer } from '@pharmacist/language-model';
import { bundledPath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { tokenizeRows } from './tokenize.ts';

it('a row with a token that the model has no embedding for is named by its file and line', async () => {
  const tokenizer = await Tokenizer.load(bundledPath('models', 'tiny'), { embeddingRows: 4000 });
  const missing = tokenizer.tokenOf(4095)!;
  const row = (id: string, line: number, response: string) => ({
    id,
    prompt: 'A question?',
    response,
    fields: {},
    position: { source: 'pool.jsonl', line },
  });
  const options = { template: 'plain', maxLength: 64, source: 'pool.jsonl', isKept: true, reporter: silentReporter };
  const tokenize = async (response: string) => await tokenizeRows([row('a', 4, 'Fine.'), row('b', 7, response)], { tokenizer }, options);
  expect((await tokenize('Fine.')).count).toBe(2);
  const text = tokenizer.decode([4095]);
  await expect(tokenize(text)).rejects.toThrow(
    expect.objectContaining({ where: 'pool.jsonl:7', message: expect.stringContaining(`${JSON.stringify(missing)} (id 4095)`) }),
  );
});
