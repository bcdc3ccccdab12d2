import { describe, expect, it } from 'vitest';
import type { FieldMap } from './field-map.ts';
import { resolveFields } from './resolve-fields.ts';

const resolve = (record: Record<string, unknown>, map: FieldMap = {}, requireResponse = true) => {
  const resolved = resolveFields(record, map, requireResponse);
  return 'what' in resolved ? resolved : { prompt: resolved.prompt, response: resolved.response };
};
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('automatic names', () => {
  it.each([
    [{ prompt: 'p', response: 'r' }],
    [{ question: 'p', answer: 'r' }],
    [{ instruction: 'p', input: '', output: 'r' }],
    [{ prompt: 'p', completion: 'r', response: null }],
    [{ prompt: 'p', chosen: 'r', rejected: 'x' }],
    [{ prompt: 'p', refusal: 'r' }],
    [{ messages: [user('p'), assistant('r')] }],
    [
      {
        conversations: [
          { from: 'human', value: 'p' },
          { from: 'gpt', value: 'r' },
        ],
      },
    ],
    [{ prompt: [user('p')], chosen: [assistant('r')], rejected: [assistant('x')] }],
    [{ chosen: '\n\nHuman: p\n\nAssistant: r', rejected: '\n\nHuman: p\n\nAssistant: x' }],
  ])('%j', (record) => {
    expect(resolve(record)).toEqual({ prompt: 'p', response: 'r' });
  });

  it('joins instruction and input', () => {
    expect(resolve({ instruction: 'Translate.', input: 'Hallo', output: 'Hello' })).toEqual({
      prompt: 'Translate.\n\nHallo',
      response: 'Hello',
    });
  });

  it('keeps the turns before the last answer apart, and cuts what follows it', () => {
    const chosen = [user('a'), assistant('b'), user('c'), assistant('d'), user('e')];
    expect(resolve({ chosen })).toEqual({ prompt: 'Human: a\n\nAssistant: b\n\nHuman: c', response: 'd' });
  });

  it('puts a system message first', () => {
    expect(resolve({ messages: [{ role: 'system', content: 'Be brief.' }, user('a'), assistant('b')] })).toEqual({
      prompt: 'Be brief.\n\na',
      response: 'b',
    });
  });
});

describe('a map', () => {
  it('wins over customary names', () => {
    expect(resolve({ prompt: 'x', safe: 'r', q: 'p' }, { prompt: 'q', response: 'safe' })).toEqual({ prompt: 'p', response: 'r' });
  });
  it('may name one role only', () => {
    expect(resolve({ prompt: 'p', safe: 'r', harmful: 'h' }, { response: 'harmful' })).toEqual({ prompt: 'p', response: 'h' });
  });
  it('joins fields and follows dots', () => {
    expect(resolve({ a: 'one', b: { c: 'two' }, response: 'r' }, { prompt: 'a+b.c' })).toEqual({ prompt: 'one\n\ntwo', response: 'r' });
  });
  it('takes both sides from the message list it names', () => {
    expect(resolve({ prompt: 'short', messages: [user('p'), assistant('r')] }, { messages: 'messages' })).toEqual({
      prompt: 'p',
      response: 'r',
    });
  });
});

describe('what cannot be resolved', () => {
  it.each<[Record<string, unknown>, FieldMap, string, string]>([
    [{ text: 't' }, {}, 'prompt', 'is missing, and so are its other names (instruction, question). Fields here: text'],
    [{}, {}, 'prompt', 'is missing, and so are its other names (instruction, question). Fields here: (none)'],
    [
      { prompt: 'p', safe: 's', harmful: 'h' },
      {},
      'response',
      'is missing, and so are its other names (output, answer, refusal, completion, chosen). Fields here: prompt, safe, harmful',
    ],
    [{ prompt: 'p', answer: 'a', output: 'b' }, {}, 'response', 'could be any of "output", "answer". Fields here: prompt, answer, output'],
    [
      { prompt: 'p', question: 'q', answer: 'a' },
      {},
      'prompt',
      'could be any of "prompt", "question". Fields here: prompt, question, answer',
    ],
    [
      { prompt: 'p', respons: 'a' },
      { response: 'response' },
      'response',
      'is missing. Did you mean "respons"? Fields here: prompt, respons',
    ],
    [{ prompt: 'p', response: 5 }, {}, 'response', 'is a number, not text'],
    [{ prompt: 'p', response: null }, {}, 'response', 'is null, not text'],
    [{ prompt: { a: 1 }, response: 'r' }, {}, 'prompt', 'is an object, not text'],
    [{ prompt: 'p', response: ' \n' }, {}, 'response', 'is empty'],
    [{ prompt: '', response: 'r' }, {}, 'prompt', 'is empty'],
    [{ messages: [] }, {}, 'messages', 'is an empty list of messages'],
    [{ messages: [user('a')] }, {}, 'messages', 'has no assistant message'],
    [{ messages: [assistant('a')] }, {}, 'messages', 'has no prompt before the answer'],
    [{ messages: ['a'] }, {}, 'messages', 'message 1 is not an object with role and content'],
    [
      { messages: [user('a'), { role: 'asistant', content: 'b' }] },
      {},
      'messages',
      'message 2 has the role "asistant"; known: system, developer, user, human, assistant, gpt, model',
    ],
    [{ messages: [{ role: 'user' }] }, {}, 'messages', 'message 1 has no text in "content"'],
  ])('%j with map %j', (record, map, field, what) => {
    expect(resolve(record, map)).toMatchObject({ field, what });
  });

  it('does not read from a prototype', () => {
    expect(resolve(JSON.parse('{"__proto__": {"prompt": "p", "response": "r"}}') as Record<string, unknown>)).toMatchObject({
      field: 'prompt',
    });
    expect(resolve({ prompt: 'p', response: 'r' }, { prompt: 'constructor' })).toMatchObject({ field: 'constructor' });
  });
});

it('reads prompts only where no response is needed', () => {
  expect(resolve({ prompt: 'p', category: 'c' }, {}, false)).toEqual({ prompt: 'p', response: '' });
  expect(resolve({ prompt: 'p', response: 'r' }, {}, false)).toEqual({ prompt: 'p', response: 'r' });
  expect(resolve({ messages: [user('p')] }, {}, false)).toEqual({ prompt: 'p', response: '' });
});

it.each<[Record<string, unknown>, FieldMap]>([
  [{ q: 'p' }, { prompt: 'q', response: 'a' }],
  [{ prompt: 'p' }, { response: 'a' }],
  [{ prompt: 'p', a: null }, { response: 'a' }],
  [{ messages: [user('p')] }, { response: 'a' }],
  [{ prompt: 'p', response: 'r', refusal: 's' }, {}],
  [{ prompt: 'p', response: 5 }, {}],
  [{ prompt: 'p', a: { b: 1 } }, { response: 'a' }],
  [{ prompt: 'p', messages: [] }, {}],
])('reads the prompt of %j with map %j whatever its answer is, where no response is needed', (record, map) => {
  expect(resolve(record, map)).toHaveProperty('what');
  expect(resolve(record, map, false)).toEqual({ prompt: 'p', response: '' });
});

it('says of a prompt that is missing what would help, where no response is needed', () => {
  expect(resolve({ q: 'p', response: 'r', refusal: 's' }, { response: 'a' }, false)).toMatchObject({ field: 'prompt', isMapping: true });
  expect(resolve({ messages: [] }, {}, false)).toMatchObject({ field: 'messages', what: 'is an empty list of messages' });
  expect(resolve({ prompt: 'p' }, { messages: 'talk' }, false)).toMatchObject({ field: 'talk', isMapping: true });
});

it('takes a number for an answer where the field was named', () => {
  expect(resolve({ sentence: 's', label: 1 }, { prompt: 'sentence', response: 'label' })).toEqual({ prompt: 's', response: '1' });
  expect(resolve({ prompt: 'p', response: 1 })).toMatchObject({ field: 'response' });
});
