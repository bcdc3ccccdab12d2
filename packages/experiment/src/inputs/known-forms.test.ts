import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRows } from '@pharmacist/data-io';
import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainTexts } from './training-rows.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pharmacist-forms-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

const CHAT = '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}';
const tokenizer = {
  chatTemplate: CHAT,
  bosId: 1,
  eosId: 2,
  tokenOf: (id: number) => ['<pad>', '<s>', '</s>'][id],
  firstSpecialId: () => undefined,
};

/** What a training of the data set's own makers puts before the response. */
it.each<[string, string, Record<string, unknown>, string]>([
  [
    'Dolly (databricks/dolly, PROMPT_WITH_INPUT_FORMAT; Alpaca by its wording)',
    'alpaca',
    { instruction: 'Ask.', context: 'Facts.', response: 'r', category: 'closed_qa' },
    'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately ' +
      'completes the request.\n\n### Instruction:\nAsk.\n\n### Input:\nFacts.\n\n### Response:',
  ],
  [
    'Alpaca without input',
    'alpaca',
    { instruction: 'Ask.', input: '', output: 'r' },
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nAsk.\n\n' +
      '### Response:',
  ],
  ['OpenOrca', 'chat', { system_prompt: 'Be x.', question: 'Ask?', response: 'r' }, '<|system|>Be x.\n<|user|>Ask?\n<|assistant|>'],
  [
    'LLaMA-Factory',
    'chat',
    { instruction: 'Ask.', input: '', output: 'r', system: 'Be x.', history: [['a', 'b']] },
    '<|system|>Be x.\n<|user|>a\n<|assistant|>b\n<|user|>Ask.\n<|assistant|>',
  ],
])('%s is put to a model as its own training does, template %s', async (_, template, record, text) => {
  await writeFile(join(dir, 'rows.jsonl'), JSON.stringify(record));
  const { rows } = await readRows(join(dir, 'rows.jsonl'));
  expect(PROMPT_TEMPLATES.get(template).create(tokenizer).render(plainTexts(rows)[0]!.text)).toBe(text);
});
