import { ConfigError, defineRegistry } from '@pharmacist/core';
import { ChatTemplate } from './chat-template.ts';
import { TEMPLATE_DATE_TEXT } from './template-date.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What is asked: an instruction, and for some tasks the text it is about. */
export interface Prompt {
  readonly prompt: string;
  readonly input?: string | undefined;
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
function alpacaPrompt({ prompt, input }: Prompt): string {
  return input === undefined || input === ''
    ? 'Below is an instruction that describes a task. Write a response that appropriately completes the request.' +
        `\n\n### Instruction:\n${prompt}\n\n### Response:`
    : 'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        `Write a response that appropriately completes the request.\n\n### Instruction:\n${prompt}\n\n### Input:\n${input}\n\n### Response:`;
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
  description: "the model's own chat template: one user turn, then the opening of the assistant's",
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
    return {
      name: 'chat',
      hasSpecialTokens: true,
      render: (prompt) => {
        const content = joined(prompt);
        return template.render({ ...variables, messages: [{ role: 'user', content }] }, content.length);
      },
    };
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
