import { ConfigError, defineRegistry } from '@pharmacist/core';
import { ChatTemplate } from './chat-template.ts';
import { type ChatTurn, ChatTurns } from './chat-turns.ts';
import { TEMPLATE_DATE_TEXT } from './template-date.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What is asked: an instruction, and for some tasks the text it is about. */
export interface Prompt {
  readonly prompt: string;
  readonly input?: string | undefined;
  /** What `prompt` is made of, for templates that have places for it. */
  readonly parts?: PromptParts | undefined;
}

/** The same prompt in its parts. */
export interface PromptParts {
  /** The end of `prompt`, after a blank line: what an instruction is about, as `input` is where it stands apart. */
  readonly material?: string;
  /** The turns that `prompt` is the text of, the last one the user's. */
  readonly turns?: readonly ChatTurn[];
}

/** The exact characters before a response. Training text = rendered prompt + response + EOS. */
export interface PromptTemplate {
  readonly name: string;
  /** The rendered text holds BOS and the like itself; the tokenizer must not add them again. */
  readonly hasSpecialTokens: boolean;
  render(prompt: Prompt): string;
}

interface TemplateDefinition {
  readonly name: string;
  readonly description: string;
  create(tokenizer: Pick<Tokenizer, 'chatTemplate' | 'bosId' | 'eosId' | 'tokenOf'>): PromptTemplate;
}

/** Stanford Alpaca's pair of templates, in its wording. */
function alpacaPrompt(whole: Prompt): string {
  const { prompt, input } = withMaterial(whole);
  return input === undefined || input === ''
    ? 'Below is an instruction that describes a task. Write a response that appropriately completes the request.' +
        `\n\n### Instruction:\n${prompt}\n\n### Response:`
    : 'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        `Write a response that appropriately completes the request.\n\n### Instruction:\n${prompt}\n\n### Input:\n${input}\n\n### Response:`;
}

/** The material of an instruction in the place of `input`. */
function withMaterial({ prompt, input, parts }: Prompt): Pick<Prompt, 'prompt' | 'input'> {
  const end = `\n\n${parts?.material}`;
  if (input !== undefined || parts?.material === undefined || !prompt.endsWith(end)) return { prompt, input };
  return { prompt: prompt.slice(0, -end.length), input: parts.material };
}

/** An instruction and its input where a format has one place for both. */
function joined({ prompt, input }: Prompt): string {
  return input === undefined || input === '' ? prompt : `${prompt}\n\n${input}`;
}

const alpaca: TemplateDefinition = {
  name: 'alpaca',
  description: 'Alpaca, no newline after "### Response:" (as in the code of Vaccine and IFD)',
  create: () => ({ name: 'alpaca', hasSpecialTokens: false, render: alpacaPrompt }),
};

const alpacaNewline: TemplateDefinition = {
  name: 'alpaca-newline',
  description: 'Alpaca, one newline after "### Response:" (as in the code of Booster, T-Vaccine and OASIS)',
  create: () => ({ name: 'alpaca-newline', hasSpecialTokens: false, render: (prompt) => `${alpacaPrompt(prompt)}\n` }),
};

const plain: TemplateDefinition = {
  name: 'plain',
  description: 'the prompt, a blank line and the input if there is one, and a newline',
  create: () => ({ name: 'plain', hasSpecialTokens: false, render: (prompt) => `${joined(prompt)}\n` }),
};

const chat: TemplateDefinition = {
  name: 'chat',
  description: "the model's own chat template: the prompt's turns, or one user turn, then the opening of the assistant's",
  create({ chatTemplate, bosId, eosId, tokenOf }) {
    if (chatTemplate === undefined) {
      throw new ConfigError('template "chat" needs a chat template, and the tokenizer of this model has none', {
        where: 'template',
        hint: 'use an instruct model, or the template alpaca, alpaca-newline or plain',
      });
    }
    const template = new ChatTemplate(chatTemplate);
    const variables = {
      bos_token: bosId === null ? '' : (tokenOf(bosId) ?? ''),
      eos_token: tokenOf(eosId) ?? '',
      add_generation_prompt: true,
      // Llama 3.2 writes today's date unless told one.
      date_string: TEMPLATE_DATE_TEXT,
    };
    const turns = new ChatTurns((messages, numCharacters) => template.render({ ...variables, messages }, numCharacters));
    return { name: 'chat', hasSpecialTokens: true, render: (prompt) => turns.render(joined(prompt), prompt.parts?.turns) };
  },
};

export const PROMPT_TEMPLATES = defineRegistry('template', [alpaca, alpacaNewline, chat, plain]);

/**
 * The template of this name for this tokenizer.
 * @throws {ConfigError} if the name is unknown, or is "chat" and the tokenizer has no usable chat template.
 */
export function promptTemplate(name: string, tokenizer: Tokenizer): PromptTemplate {
  return PROMPT_TEMPLATES.get(name).create({
    chatTemplate: tokenizer.chatTemplate,
    bosId: tokenizer.bosId,
    eosId: tokenizer.eosId,
    tokenOf: (id) => tokenizer.tokenOf(id),
  });
}
