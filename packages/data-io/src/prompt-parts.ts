import { parseMessages, type Message } from './conversation.ts';

/** Fields that hold what is asked, one of them to a record. */
export const PROMPT_FIELDS = ['prompt', 'instruction', 'question'];
/** Beside `instruction`, what it is about: Alpaca's `input`, Dolly's `context`. */
const MATERIAL_FIELDS = ['input', 'context'];
/** Beside any prompt: what stands before the conversation. `system_prompt` is OpenOrca's name. */
const SYSTEM_FIELDS = ['system', 'system_prompt', 'system_message'];
/** Beside any prompt: earlier turns, as LLaMA-Factory's Alpaca form has them. */
const HISTORY_FIELD = 'history';

/** A text of the prompt and the field it stands in. */
export interface PromptPart {
  field: string;
  text: string;
}

/**
 * What an instruction is about; undefined without any. Alpaca's and Dolly's training code puts it after the instruction and leaves an empty
 * one out.
 */
export function materialOf(record: Readonly<Record<string, unknown>>, promptField: string): PromptPart | undefined {
  return promptField === 'instruction' ? firstText(record, MATERIAL_FIELDS) : undefined;
}

/** The system text of a record; undefined without any. */
export function systemOf(record: Readonly<Record<string, unknown>>): PromptPart | undefined {
  return firstText(record, SYSTEM_FIELDS);
}

/** Earlier turns: `[[asked, answered], …]` or a list of messages. Undefined without any, and for a field of another form, which is not ours. */
export function historyOf(record: Readonly<Record<string, unknown>>): { field: string; messages: Message[] } | undefined {
  const value = Object.hasOwn(record, HISTORY_FIELD) ? record[HISTORY_FIELD] : undefined;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const messages = value.every(isExchange)
    ? value.flatMap(([asked, answered]): Message[] => [
        { role: 'user', content: asked },
        { role: 'assistant', content: answered },
      ])
    : parseMessages(value);
  return typeof messages === 'string' ? undefined : { field: HISTORY_FIELD, messages };
}

/** What a prompt is made of, where it is more than one text: for whoever puts it to a model in a form that has places for it. */
export interface PromptParts {
  /** The end of the prompt, after a blank line: what its instruction is about. */
  material?: string;
  /** The turns that the prompt is the text of, the last one the user's. */
  turns?: Message[];
}

/** The parts of a prompt of these turns and this material; undefined if it is one text. */
export function partsOf(turns: readonly Message[], material?: string): PromptParts | undefined {
  const isConversation = turns.length > 1 && turns.at(-1)!.role === 'user';
  if (!isConversation && material === undefined) return undefined;
  return { ...(material !== undefined && { material }), ...(isConversation && { turns: [...turns] }) };
}

function firstText(record: Readonly<Record<string, unknown>>, fields: readonly string[]): PromptPart | undefined {
  for (const field of fields) {
    const value = Object.hasOwn(record, field) ? record[field] : undefined;
    if (typeof value === 'string' && value.trim() !== '') return { field, text: value };
  }
  return undefined;
}

function isExchange(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === 'string');
}
