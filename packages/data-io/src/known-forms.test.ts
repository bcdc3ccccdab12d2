import { describe, expect, it } from 'vitest';
import type { Message } from './conversation.ts';
import type { FieldMap } from './field-map.ts';
import { LeftOutTally, looksLikePrompt } from './left-out.ts';
import type { PromptParts } from './prompt-parts.ts';
import { resolveFields } from './resolve-fields.ts';

const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

function read(record: Record<string, unknown>, map: FieldMap = {}) {
  const resolved = resolveFields(record, map, true);
  if ('what' in resolved) return resolved;
  const tally = new LeftOutTally();
  tally.add(record, resolved);
  return { prompt: resolved.prompt, response: resolved.response, leftOut: tally.summary().fields.map(({ field }) => field) };
}

describe('fields that hold part of the prompt', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['Dolly', { instruction: 'Ask.', context: 'Facts.', response: 'r', category: 'closed_qa' }, 'Ask.\n\nFacts.'],
    ['Dolly without context', { instruction: 'Ask.', context: '', response: 'r', category: 'open_qa' }, 'Ask.'],
    ['Alpaca', { instruction: 'Ask.', input: 'Facts.', output: 'r', text: null }, 'Ask.\n\nFacts.'],
    ['OpenOrca', { id: '0', system_prompt: 'You are x.', question: 'Ask?', response: 'r' }, 'You are x.\n\nAsk?'],
    ['OpenOrca with an empty system prompt', { system_prompt: '', question: 'Ask?', response: 'r' }, 'Ask?'],
    [
      'LLaMA-Factory, Alpaca form',
      { instruction: 'Ask.', input: 'Facts.', output: 'r', system: 'Be x.', history: [['a', 'b']] },
      'Be x.\n\nHuman: a\n\nAssistant: b\n\nHuman: Ask.\n\nFacts.',
    ],
    ['LLaMA-Factory without history', { instruction: 'Ask.', input: '', output: 'r', system: '', history: [] }, 'Ask.'],
    [
      'history as messages',
      { prompt: 'Ask.', response: 'r', history: [user('a'), assistant('b')] },
      'Human: a\n\nAssistant: b\n\nHuman: Ask.',
    ],
    [
      'LLaMA-Factory, ShareGPT form',
      {
        conversations: [
          { from: 'human', value: 'p' },
          { from: 'gpt', value: 'r' },
        ],
        system: 'Be x.',
      },
      'Be x.\n\np',
    ],
    ['a chat whose own system turn counts', { messages: [system('Be y.'), user('p'), assistant('r')] }, 'Be y.\n\np'],
    [
      'OpenAI content parts',
      { messages: [{ role: 'developer', content: 'Be y.' }, { role: 'user', content: [{ type: 'text', text: 'p' }] }, assistant('r')] },
      'Be y.\n\np',
    ],
    ['no_robots', { prompt: 'p', prompt_id: '7', messages: [system('Be y.'), user('p'), assistant('r')], category: 'Chat' }, 'Be y.\n\np'],
    [
      'UltraChat',
      { prompt: 'a', prompt_id: '7', messages: [user('a'), assistant('b'), user('c'), assistant('r')] },
      'Human: a\n\nAssistant: b\n\nHuman: c',
    ],
    ['UltraFeedback', { prompt: 'p', chosen: [user('p'), assistant('r')], rejected: [user('p'), assistant('x')], score_chosen: 8 }, 'p'],
  ])('%s', (_, record, prompt) => {
    expect(read(record)).toEqual({ prompt, response: 'r', leftOut: [] });
  });

  it.each<[Record<string, unknown>, FieldMap, string[]]>([
    [{ question: 'p', context: 'c', answer: 'r' }, {}, ['context']],
    [{ prompt: 'p', input: 'c', response: 'r' }, {}, ['input']],
    [{ prompt: 'p', passage: 'c', response: 'r', history: 'of the row' }, {}, ['passage', 'history']],
    [{ question: 'p', choices: ['a', 'b'], answer: 'r' }, {}, ['choices']],
    [{ conversations: [user('p'), assistant('r')], tools: '[{"name": "x"}]' }, {}, ['tools']],
    [{ messages: [system('own'), user('p'), assistant('r')], system: 'other' }, {}, ['system']],
    [{ instruction: 'p', context: 'c', response: 'r' }, { prompt: 'instruction' }, ['context']],
    [{ instruction: 'p', context: { a: 1 }, response: 'r' }, {}, ['context']],
    [{ prompt: 'p', chatHistory: ['c'], response: 'r' }, {}, ['chatHistory']],
  ])('%j with map %j names what is left out', (record, map, leftOut) => {
    const prompt = 'messages' in record ? 'own\n\np' : 'p';
    expect(read(record, map)).toEqual({ prompt, response: 'r', leftOut });
  });

  it('takes the turns of a conversation and a prompt that is none of them for a question', () => {
    expect(read({ prompt: 'Title', messages: [user('p'), assistant('r')] })).toMatchObject({
      field: 'prompt',
      what: 'could be any of "prompt", "messages". Fields here: prompt, messages',
    });
  });

  it('lets a part of a mapped prompt be null, but not missing', () => {
    const map = { prompt: 'context+question' };
    expect(read({ context: null, question: 'p', answer: 'r' }, map)).toMatchObject({ prompt: 'p', leftOut: [] });
    expect(read({ question: 'p', answer: 'r' }, map)).toMatchObject({ field: 'context' });
  });
});

it.each<[string, Record<string, unknown>, PromptParts | undefined]>([
  ['one text', { prompt: 'p', response: 'r' }, undefined],
  ['one turn', { messages: [user('p'), assistant('r')] }, undefined],
  ['Dolly', { instruction: 'Ask.', context: 'Facts.', response: 'r' }, { material: 'Facts.' }],
  ['OpenOrca', { system_prompt: 'Be x.', question: 'p', response: 'r' }, { turns: [system('Be x.'), user('p')] }],
  [
    'LLaMA-Factory',
    { instruction: 'Ask.', input: 'Facts.', output: 'r', system: 'Be x.', history: [['a', 'b']] },
    { material: 'Facts.', turns: [system('Be x.'), user('a'), assistant('b'), user('Ask.\n\nFacts.')] },
  ],
  ['a chat', { messages: [user('a'), assistant('b'), user('c'), assistant('r')] }, { turns: [user('a'), assistant('b'), user('c')] }],
  ['hh-rlhf', { chosen: '\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: r' }, { turns: [user('a'), assistant('b'), user('c')] }],
  ['a prompt of turns', { prompt: [system('Be x.'), user('p')], response: 'r' }, { turns: [system('Be x.'), user('p')] }],
  ['a chat that the assistant began', { messages: [assistant('b'), assistant('r')] }, undefined],
])('%s keeps the parts of its prompt for templates', (_, record, parts) => {
  expect(resolveFields(record, {}, true)).toMatchObject({ parts });
});

it.each<[Record<string, unknown>, string | undefined]>([
  [{ prompt: 'p', response: 'r' }, undefined],
  [
    { question: 'p', context: 'c', answer: 'r' },
    'if answers depend on it, join it: --map prompt=context+question, or write it into the prompts',
  ],
  [{ question: 'p', choices: ['c'], answer: 'r' }, 'if answers depend on it, write it into the prompts or turns of the rows'],
  [{ messages: [user('p'), assistant('r')], tools: 't' }, 'if answers depend on it, write it into the prompts or turns of the rows'],
])('says of %j how to join what is left out', (record, hint) => {
  const tally = new LeftOutTally();
  const resolved = resolveFields(record, {}, true);
  if ('what' in resolved) throw new Error(resolved.what);
  tally.add(record, resolved);
  expect(tally.summary().hint).toBe(hint);
});

it('tells prompt text from facts about a row by the name', () => {
  const names = [
    'context',
    'Input',
    'system_message',
    'chatHistory',
    'few-shot examples',
    'query',
    'source_text',
    'prompt_id',
    'input_tokens',
  ];
  expect(names.filter(looksLikePrompt)).toEqual(['context', 'Input', 'system_message', 'chatHistory', 'few-shot examples', 'query']);
  expect(['response', 'rejected', 'category', 'question_type', 'is_prompt', 'contextLength', 'id', '质量'].filter(looksLikePrompt)).toEqual(
    [],
  );
});
