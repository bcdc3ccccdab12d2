import { didYouMean } from '@pharmacist/core';
import { parseMessages, parseTranscript, renderPrompt, splitConversation } from './conversation.ts';
import type { FieldMap } from './field-map.ts';

const PROMPT_FIELDS = ['prompt', 'instruction', 'question'];
const RESPONSE_FIELDS = ['response', 'output', 'answer', 'refusal', 'completion', 'chosen'];
const MESSAGE_FIELDS = ['messages', 'conversations'];

/** Why a record gives no row. `isMapping`: its field names do not say which is which, as opposed to a bad value in a known field. */
export interface FieldProblem {
  field?: string;
  what: string;
  isMapping: boolean;
}

export interface ResolvedFields {
  prompt: string;
  response: string;
}

/**
 * Finds prompt and response in a record: by the map where it names a role, else by the customary names; a message list gives both.
 * @param requireResponse if false, answers do not matter: without one that can be told and read, the response is empty.
 */
export function resolveFields(record: Record<string, unknown>, map: FieldMap, requireResponse: boolean): ResolvedFields | FieldProblem {
  const known = requireResponse ? map : withoutAbsentResponse(record, map);
  const found = findAnswer(record, known);
  const isProblem = found !== undefined && 'what' in found;
  if (isProblem && (requireResponse || isConversation(record, known))) return found;
  const answer = isProblem ? undefined : found;
  const prompt = readPrompt(record, known, answer?.prompt);
  if ('what' in prompt) return prompt;
  if (prompt.text.trim() === '')
    return {
      field: prompt.field ?? answer?.field ?? 'prompt',
      what: prompt.field === undefined ? 'has no prompt before the answer' : 'is empty',
      isMapping: false,
    };
  if (answer?.response === undefined) {
    if (!requireResponse) return { prompt: prompt.text, response: '' };
    return answer === undefined
      ? missing(record, 'response', RESPONSE_FIELDS)
      : { field: answer.field, what: 'has no assistant message', isMapping: false };
  }
  if (requireResponse && answer.response.trim() === '') return { field: answer.field, what: 'is empty', isMapping: false };
  return { prompt: prompt.text, response: answer.response };
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

/** The value of a field; a name that is no own field may be a path with dots. Undefined if absent. */
export function fieldValue(record: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  let value: unknown = record;
  for (const key of name.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The map of a command holds for all its files: the response it names need not be in one of prompts only. */
function withoutAbsentResponse(record: Record<string, unknown>, { response, ...others }: FieldMap): FieldMap {
  return response !== undefined && isPresent(record, response) ? { ...others, response } : others;
}

/** Whether the prompt can only stand in a list of messages. */
function isConversation(record: Record<string, unknown>, map: FieldMap): boolean {
  if (map.prompt !== undefined || map.messages !== undefined) return map.prompt === undefined;
  const has = (names: readonly string[]) => names.some((name) => isPresent(record, name));
  return !has(PROMPT_FIELDS) && has(MESSAGE_FIELDS);
}

/** The answer, the field it stands in and, if that is a conversation, the prompt before it; undefined if the record has none. */
function findAnswer(
  record: Record<string, unknown>,
  map: FieldMap,
): { field: string; prompt?: string; response: string | undefined } | FieldProblem | undefined {
  const field = findResponse(record, map);
  if (field === undefined || typeof field === 'object') return field;
  const answer = readAnswer(record, field, map);
  return 'what' in answer ? answer : { field, ...answer };
}

function findResponse(record: Record<string, unknown>, map: FieldMap): string | undefined | FieldProblem {
  const named = map.response ?? map.messages;
  if (named !== undefined) return isPresent(record, named) ? named : absent(record, named);
  const found = [...RESPONSE_FIELDS, ...MESSAGE_FIELDS].filter((name) => isPresent(record, name));
  return found.length > 1 ? ambiguous(record, 'response', found) : found[0];
}

function readAnswer(
  record: Record<string, unknown>,
  field: string,
  map: FieldMap,
): { prompt?: string; response: string | undefined } | FieldProblem {
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

function readPrompt(
  record: Record<string, unknown>,
  map: FieldMap,
  fromConversation: string | undefined,
): { text: string; field?: string } | FieldProblem {
  const found = PROMPT_FIELDS.filter((name) => isPresent(record, name));
  if (map.prompt === undefined) {
    if (fromConversation !== undefined && (found.length === 0 || map.messages !== undefined)) return { text: fromConversation };
    if (found.length > 1) return ambiguous(record, 'prompt', found);
    if (found.length === 0) return missing(record, 'prompt', PROMPT_FIELDS);
  }
  const spec = map.prompt ?? found[0]!;
  // Alpaca rows carry the instruction's material in "input".
  const withInput = map.prompt === undefined && spec === 'instruction' && isPresent(record, 'input') ? ['instruction', 'input'] : undefined;
  const names = withInput ?? (fieldValue(record, spec) !== undefined ? [spec] : spec.split('+').map((name) => name.trim()));
  const texts: string[] = [];
  for (const name of names) {
    if (fieldValue(record, name) === undefined) return absent(record, name);
    const text = promptText(fieldValue(record, name), name);
    if (typeof text === 'object') return text;
    if (text !== '') texts.push(text);
  }
  return { text: texts.join('\n\n'), field: spec };
}

function promptText(value: unknown, field: string): string | FieldProblem {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return wrongType(field, value);
  const messages = parseMessages(value);
  return typeof messages === 'string' ? { field, what: messages, isMapping: false } : renderPrompt(messages);
}

function isPresent(record: Record<string, unknown>, name: string): boolean {
  const value = fieldValue(record, name);
  return value !== undefined && value !== null;
}

function wrongType(field: string, value: unknown): FieldProblem {
  const kind = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  return { field, what: `is ${kind}, not text`, isMapping: false };
}

function absent(record: Record<string, unknown>, name: string): FieldProblem {
  if (fieldValue(record, name) === null) return { field: name, what: 'is null, not text', isMapping: false };
  const near = didYouMean(name, Object.keys(record));
  return {
    field: name,
    what: `is missing.${near === undefined ? '' : ` Did you mean "${near}"?`} Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

function missing(record: Record<string, unknown>, role: string, names: readonly string[]): FieldProblem {
  const empty = names.find((name) => Object.hasOwn(record, name));
  if (empty !== undefined) return { field: empty, what: 'is null, not text', isMapping: false };
  return {
    field: role,
    what: `is missing, and so are its other names (${names.slice(1).join(', ')}). Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

function ambiguous(record: Record<string, unknown>, role: string, found: readonly string[]): FieldProblem {
  return {
    field: role,
    what: `could be any of ${found.map((name) => `"${name}"`).join(', ')}. Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

function listFields(record: Record<string, unknown>): string {
  const names = Object.keys(record);
  return names.length === 0 ? '(none)' : names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
}
