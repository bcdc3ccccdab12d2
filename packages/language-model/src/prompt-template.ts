import { ConfigError, defineRegistry, sha256 } from '@pharmacist/core';
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

/** The exact characters around a response. Training text = rendered prompt + answer + the token that ends it. */
export interface PromptTemplate {
  /** Never `auto`, but what that stands for with this model. */
  readonly name: string;
  /** The rendered text holds BOS and the like itself; the tokenizer must not add them again. */
  readonly hasSpecialTokens: boolean;
  /** @throws {ConfigError} if the model's template refuses the prompt. */
  render(prompt: Prompt): string;
  /** A response as it stands in the training text: by itself unless the model's template writes it otherwise. */
  answer?(response: string): string;
  /** The token that ends an answer, where that is not the tokenizer's EOS. */
  readonly endId?: number | undefined;
  /** SHA-256 of the model's chat template where it decides the text. */
  readonly sourceHash?: string | undefined;
}

interface TemplateDefinition {
  readonly name: string;
  readonly description: string;
  create(tokenizer: TemplateTokenizer): PromptTemplate;
}

type TemplateTokenizer = Pick<Tokenizer, 'chatTemplate' | 'bosId' | 'eosId' | 'tokenOf' | 'firstSpecialId'>;

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
  create(tokenizer) {
    const { chatTemplate } = tokenizer;
    if (chatTemplate === undefined) {
      throw new ConfigError('template "chat" needs a chat template, and the tokenizer of this model has none', {
        where: 'template',
        hint: 'use an instruct model, or the template alpaca, alpaca-newline or plain',
      });
    }
    const turns = chatTurns(chatTemplate, tokenizer);
    const written = turns.answerTurn();
    const endId = written === undefined ? undefined : tokenizer.firstSpecialId(written.after);
    return {
      name: 'chat',
      hasSpecialTokens: true,
      render: (prompt) => turns.render(joined(prompt), prompt.parts?.turns),
      answer: (response) => {
        if (written === undefined) return response;
        const { before, trimsStart, trimsEnd, after } = written;
        const text = trimsStart ? response.trimStart() : response;
        const end = endId === undefined ? -1 : after.indexOf(tokenizer.tokenOf(endId)!);
        return before + (trimsEnd ? text.trimEnd() : text) + after.slice(0, Math.max(0, end));
      },
      endId: endId === tokenizer.eosId ? undefined : endId,
      sourceHash: sha256(chatTemplate),
    };
  },
};

/** A chat template and what it may read, as transformers gives it: special tokens, `tools` and `documents` that there are none of. */
function chatTurns(source: string, { bosId, eosId, tokenOf }: TemplateTokenizer): ChatTurns {
  const template = new ChatTemplate(source);
  const variables = {
    bos_token: bosId === null ? '' : (tokenOf(bosId) ?? ''),
    eos_token: tokenOf(eosId) ?? '',
    tools: null,
    documents: null,
    // Rows hold answers without thoughts, and so do the answers that are judged: models that can be told so are (Qwen3, SmolLM3).
    enable_thinking: false,
    // Llama 3.2 writes today's date unless told one.
    date_string: TEMPLATE_DATE_TEXT,
  };
  return new ChatTurns((messages, { numCharacters, opensAnswer }) =>
    template.render({ ...variables, messages, add_generation_prompt: opensAnswer }, numCharacters),
  );
}

const auto: TemplateDefinition = {
  name: 'auto',
  description: "chat where the model has a chat template, alpaca where it has none or one in Alpaca's words",
  create(tokenizer) {
    if (tokenizer.chatTemplate === undefined) return alpaca.create(tokenizer);
    const own = chat.create(tokenizer);
    return [alpaca, alpacaNewline].map((one) => one.create(tokenizer)).find((one) => saysTheSame(own, one, tokenizer)) ?? own;
  },
};

const PROBE = { prompt: 'Say 4711.' };

/** Whether a chat template puts a prompt in the words of a fixed one; that has places for more than one text. */
function saysTheSame(own: PromptTemplate, fixed: PromptTemplate, { bosId, tokenOf }: TemplateTokenizer): boolean {
  try {
    const text = own.render(PROBE);
    return [fixed.render(PROBE), (bosId === null ? '' : (tokenOf(bosId) ?? '')) + fixed.render(PROBE)].includes(text);
  } catch (error) {
    // The row that it refuses is named where there is one.
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

export const PROMPT_TEMPLATES = defineRegistry('template', [auto, alpaca, alpacaNewline, chat, plain]);

/** A chat template is read once a model, not once a row. */
const made = new WeakMap<Tokenizer, Map<string, PromptTemplate>>();

/**
 * The template of this name for this tokenizer.
 * @throws {ConfigError} if the name is unknown, or is "chat" and the tokenizer has no usable chat template.
 */
export function promptTemplate(name: string, tokenizer: Tokenizer): PromptTemplate {
  const known = made.get(tokenizer) ?? new Map<string, PromptTemplate>();
  made.set(tokenizer, known);
  const template =
    known.get(name) ??
    PROMPT_TEMPLATES.get(name).create({
      chatTemplate: tokenizer.chatTemplate,
      bosId: tokenizer.bosId,
      eosId: tokenizer.eosId,
      tokenOf: (id) => tokenizer.tokenOf(id),
      firstSpecialId: (text) => tokenizer.firstSpecialId(text),
    });
  known.set(name, template);
  return template;
}
