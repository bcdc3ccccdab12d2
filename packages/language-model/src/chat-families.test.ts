import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import type { ChatTurn } from './chat-turns.ts';
import { PROMPT_TEMPLATES } from './prompt-template.ts';

interface Family {
  family: string;
  bos: string | null;
  eos: string;
  end: string;
  tokens: string[];
  template: string;
  cases: { turns: ChatTurn[]; prompt: string; trained: string[] }[];
}

const { answers, families } = JSON.parse(readFileSync(goldenPath('chat-templates', 'families.json'), 'utf8')) as {
  answers: string[];
  families: Family[];
};

/** What a template asks of a tokenizer; a token's id is its place. */
function tokenizerOf({ bos, eos, tokens, template }: Family) {
  const spelled = (text: string) => tokens.map((token) => ({ token, at: text.indexOf(token) })).filter(({ at }) => at >= 0);
  return {
    chatTemplate: template,
    bosId: bos === null ? null : tokens.indexOf(bos),
    eosId: tokens.indexOf(eos),
    tokenOf: (id: number) => tokens[id],
    firstSpecialId: (text: string) => {
      const [first] = spelled(text).sort((a, b) => a.at - b.at);
      return first === undefined ? undefined : tokens.indexOf(first.token);
    },
  };
}

/** The prompt as data-io gives it: the turns, and their text for templates that take none. */
const promptOf = (turns: ChatTurn[]) => ({
  prompt: turns.map(({ content }) => content).join('\n\n'),
  ...(turns.length > 1 && { parts: { turns } }),
});

describe.each(families)('the template of $family', (family) => {
  const tokenizer = tokenizerOf(family);
  const chat = PROMPT_TEMPLATES.get('chat').create(tokenizer);
  const endOf = () => tokenizer.tokenOf(chat.endId ?? tokenizer.eosId)!;

  it('opens an answer as apply_chat_template does, and ends it with the token of the template', () => {
    for (const { turns, prompt } of family.cases) expect(chat.render(promptOf(turns))).toBe(prompt);
    expect(endOf()).toBe(family.end);
    expect(PROMPT_TEMPLATES.get('auto').create(tokenizer).name).toBe('chat');
  });

  it('trains the text that apply_chat_template gives with the answer', () => {
    for (const { turns, prompt, trained } of family.cases) {
      answers.forEach((answer, i) => {
        // Mistral's puts the system text into the last user turn and drops it where an answer follows: we train what is asked later.
        if (!trained[i]!.startsWith(prompt)) expect([family.family, turns[0]!.role]).toEqual(['mistral', 'system']);
        else expect(chat.render(promptOf(turns)) + chat.answer!(answer) + endOf()).toBe(trained[i]);
      });
    }
  });
});
