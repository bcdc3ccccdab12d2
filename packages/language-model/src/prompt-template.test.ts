import { describe, expect, it } from 'vitest';
import { PROMPT_TEMPLATES } from './prompt-template.ts';

const tokenizer = { chatTemplate: undefined, bosId: 1, eosId: 2, tokenOf: (id: number) => ['<pad>', '<s>', '</s>'][id] };
const PREAMBLE = 'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
const INPUT_PREAMBLE =
  'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.';

const render = (name: string, prompt: { prompt: string; input?: string }) => PROMPT_TEMPLATES.get(name).create(tokenizer).render(prompt);

describe('fixed templates', () => {
  it.each([
    ['alpaca', ''],
    ['alpaca-newline', '\n'],
  ])('%s gives the exact text of Stanford Alpaca', (name, end) => {
    expect(render(name, { prompt: 'Add.' })).toBe(`${PREAMBLE}\n\n### Instruction:\nAdd.\n\n### Response:${end}`);
    expect(render(name, { prompt: 'Add.', input: '' })).toBe(`${PREAMBLE}\n\n### Instruction:\nAdd.\n\n### Response:${end}`);
    expect(render(name, { prompt: 'Add.', input: '1 1' })).toBe(
      `${INPUT_PREAMBLE}\n\n### Instruction:\nAdd.\n\n### Input:\n1 1\n\n### Response:${end}`,
    );
  });

  it('plain', () => {
    expect(render('plain', { prompt: 'Add.' })).toBe('Add.\n');
    expect(render('plain', { prompt: 'Add.', input: '1 1' })).toBe('Add.\n\n1 1\n');
  });

  it('an unknown name says what exists', () => {
    expect(() => PROMPT_TEMPLATES.get('alpacca')).toThrow('Did you mean "alpaca"? Known: alpaca, alpaca-newline, chat, plain.');
  });
});

describe('chat', () => {
  const withTemplate = (chatTemplate: string) => PROMPT_TEMPLATES.get('chat').create({ ...tokenizer, chatTemplate });

  it('renders one user turn and opens the answer', () => {
    const chat = withTemplate(
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}',
    );
    expect(chat.render({ prompt: 'Add.', input: '1 1' })).toBe('<s>[user]Add.\n\n1 1</s>[assistant]');
    expect(chat.hasSpecialTokens).toBe(true);
  });

  it('has a fixed date, so that a run can be repeated', () => {
    expect(withTemplate('{% if not date_string is defined %}{{ strftime_now("%Y") }}{% endif %}{{ date_string }}').render({ prompt: '' })).toBe('26 Jul 2024'); // prettier-ignore
  });

  it('says what is wrong with a template', () => {
    expect(() => PROMPT_TEMPLATES.get('chat').create(tokenizer)).toThrow('the tokenizer of this model has none');
    expect(() => withTemplate('{% if %}')).toThrow('cannot be parsed');
    expect(() => withTemplate('{{ raise_exception("needs a system turn") }}').render({ prompt: 'x' })).toThrow('needs a system turn');
  });
});
