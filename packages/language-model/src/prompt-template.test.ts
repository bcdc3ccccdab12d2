import { describe, expect, it } from 'vitest';
import { type Prompt, PROMPT_TEMPLATES } from './prompt-template.ts';

const TOKENS = ['<pad>', '<s>', '</s>', '<end>'];
const tokenizer = {
  chatTemplate: undefined as string | undefined,
  bosId: 1,
  eosId: 2,
  tokenOf: (id: number) => TOKENS[id],
  firstSpecialId: (text: string) => {
    const [first] = [...TOKENS.keys()]
      .filter((id) => text.includes(TOKENS[id]!))
      .sort((a, b) => text.indexOf(TOKENS[a]!) - text.indexOf(TOKENS[b]!));
    return first;
  },
};
const PREAMBLE = 'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
const INPUT_PREAMBLE =
  'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.';

const render = (name: string, prompt: Prompt) => PROMPT_TEMPLATES.get(name).create(tokenizer).render(prompt);

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

  it.each(['alpaca', 'alpaca-newline'])('%s has a place for the material of an instruction', (name) => {
    const whole = { prompt: 'Add.\n\n1 1', parts: { material: '1 1' } };
    expect(render(name, whole)).toBe(render(name, { prompt: 'Add.', input: '1 1' }));
    expect(render(name, { ...whole, prompt: 'Changed since.' })).toBe(render(name, { prompt: 'Changed since.' }));
    expect(render('plain', whole)).toBe('Add.\n\n1 1\n');
  });

  it('plain', () => {
    expect(render('plain', { prompt: 'Add.' })).toBe('Add.\n');
    expect(render('plain', { prompt: 'Add.', input: '1 1' })).toBe('Add.\n\n1 1\n');
  });

  it('an unknown name says what exists', () => {
    expect(() => PROMPT_TEMPLATES.get('alpacca')).toThrow('Did you mean "alpaca"? Known: auto, alpaca, alpaca-newline, chat, plain.');
  });
});

describe('auto', () => {
  const { create } = PROMPT_TEMPLATES.get('auto');
  const named = (chatTemplate: string | undefined) => create({ ...tokenizer, chatTemplate }).name;

  it("is the model's chat template, and Alpaca where it has none or one of Alpaca's words", () => {
    expect(named(undefined)).toBe('alpaca');
    expect(named('[user]{{ messages[0].content }}')).toBe('chat');
    const words = `{{ bos_token }}${PREAMBLE}\n\n### Instruction:\n{{ messages[0].content }}\n\n### Response:`;
    expect(named(words)).toBe('alpaca');
    expect(named(`${words}{{ '\\n' }}`)).toBe('alpaca-newline');
    expect(named('{{ raise_exception("needs a system turn") }}')).toBe('chat');
  });

  it('says what is wrong with a template', () => {
    expect(() => named('{% if %}')).toThrow('cannot be parsed');
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

  const ALL = '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
  const prompt = 'Be kind.\n\nHuman: a\n\nAssistant: b\n\nHuman: c';
  const turns = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ] as const;

  it.each([
    ['takes turns and a system text', ALL, '[system]Be kind.[user]a[assistant]b[user]c[assistant]'],
    [
      'puts a system text that the template refuses before the first turn',
      `{% if messages[0].role == "system" %}{{ raise_exception("System role not supported") }}{% endif %}${ALL}`,
      '[user]Be kind.\n\na[assistant]b[user]c[assistant]',
    ],
    [
      'puts a system text that the template leaves out before the first turn',
      ALL.replace('[{{ m.role }}]{{ m.content }}', '{% if m.role != "system" %}[{{ m.role }}]{{ m.content }}{% endif %}'),
      '[user]Be kind.\n\na[assistant]b[user]c[assistant]',
    ],
    [
      'gives the whole prompt in one turn where the template refuses the turns',
      `{% if messages | length > 2 %}{{ raise_exception("one turn only") }}{% endif %}${ALL}`,
      `[user]${prompt}[assistant]`,
    ],
  ])('%s', (_, template, text) => {
    expect(withTemplate(template).render({ prompt, parts: { turns } })).toBe(text);
  });

  it('ends an answer as the template does: white space, its own token, or else EOS', () => {
    const ended = (end: string) => {
      const { answer, endId } = withTemplate(
        `{% for m in messages %}[{{ m.role }}]{{ ${end} }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}`,
      );
      return [answer?.(' Blue.\n'), endId];
    };
    expect(ended("m.content + '<end>\n</s>'")).toEqual([' Blue.\n', 3]);
    expect(ended("' ' + m.content | trim + ' ' + eos_token")).toEqual([' Blue. ', undefined]);
    expect(ended("'\n' ~ m.content.rstrip()")).toEqual(['\n Blue.', undefined]);
    expect(ended('m.content')).toEqual([' Blue.\n', undefined]);
    expect(ended('raise_exception("never") if m.role == "assistant" else m.content')).toEqual([' Blue.\n', undefined]);
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
