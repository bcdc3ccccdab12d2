import { parseMessages, parseTranscript, splitConversation, type Message } from './conversation.ts';
import type { FieldMap } from './field-map.ts';
import { absent, ambiguous, type FieldProblem, fieldValue, isPresent, wrongType } from './field-problem.ts';
import { PROMPT_FIELDS } from './prompt-parts.ts';

export const RESPONSE_FIELDS = ['response', 'output', 'answer', 'refusal', 'completion', 'chosen'];
export const MESSAGE_FIELDS = ['messages', 'conversations'];

/** What a response field holds; of a conversation, the prompt before the answer too. */
export interface Answer {
  prompt?: string;
  /** Its turns. */
  turns?: readonly Message[];
  response: string | undefined;
}

/** The answer and the field it stands in; undefined if the record has none. */
export function findAnswer(record: Record<string, unknown>, map: FieldMap): (Answer & { field: string }) | FieldProblem | undefined {
  const field = findResponse(record, map);
  if (field === undefined || typeof field === 'object') return field;
  const answer = readAnswer(record, field, map);
  return 'what' in answer ? answer : { field, ...answer };
}

/**
 * Whether a record has a field for an answer, whatever that holds; of a list of messages, whether one is the assistant's. A response that the
 * map names counts even where it is missing.
 */
export function mayHoldAnswer(record: Record<string, unknown>, map: FieldMap): boolean {
  if (map.response !== undefined || RESPONSE_FIELDS.some((name) => Object.hasOwn(record, name))) return true;
  const found = findAnswer(record, map);
  return found !== undefined && !('what' in found) && found.response !== undefined;
}

/** Whether a field's name is customary for a prompt or a response of texts. */
export function isAnswerOrPromptField(name: string): boolean {
  return PROMPT_FIELDS.includes(name) || RESPONSE_FIELDS.includes(name);
}

function findResponse(record: Record<string, unknown>, map: FieldMap): string | undefined | FieldProblem {
  const named = map.response ?? map.messages;
  if (named !== undefined) return isPresent(record, named) ? named : absent(record, named);
  const found = [...RESPONSE_FIELDS, ...MESSAGE_FIELDS].filter((name) => isPresent(record, name));
  return found.length > 1 ? ambiguous(record, 'response', found) : found[0];
}

function readAnswer(record: Record<string, unknown>, field: string, map: FieldMap): Answer | FieldProblem {
  const value = fieldValue(record, field);
  if (Array.isArray(value)) {
    const messages = parseMessages(value);
    return typeof messages === 'string' ? { field, what: messages, isMapping: false } : splitConversation(messages);
  }
  // A class number, as data sets of labels have them: only where the field was named, so that it is no accident.
  if (map.response === field && typeof value === 'number' && Number.isFinite(value)) return { response: String(value) };
  if (typeof value !== 'string') return wrongType(field, value);
  const hasPrompt = map.prompt !== undefined || PROMPT_FIELDS.some((name) => isPresent(record, name));
  const transcript = hasPrompt ? undefined : parseTranscript(value);
  return transcript === undefined ? { response: value } : splitConversation(transcript);
}
