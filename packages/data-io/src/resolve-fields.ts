import { didYouMean } from '@pharmacist/core';
import { hasSystem, parseMessages, parseTranscript, renderPrompt, splitConversation, type Message } from './conversation.ts';
import type { FieldMap } from './field-map.ts';
import { historyOf, materialOf, partsOf, PROMPT_FIELDS, systemOf, type PromptParts } from './prompt-parts.ts';

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
  /** Undefined for a prompt that is one text. */
  parts: PromptParts | undefined;
  /** Fields that the prompt was made of; none if it is the turns of a conversation. */
  promptFields: string[];
  /** All fields of the record that these were made of. */
  used: string[];
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
  const prompt = readPrompt(record, known, answer);
  if ('what' in prompt) return prompt;
  if (prompt.text.trim() === '')
    return {
      field: prompt.field ?? answer?.field ?? 'prompt',
      what: prompt.field === undefined ? 'has no prompt before the answer' : 'is empty',
      isMapping: false,
    };
  const used = [...prompt.used, ...(answer === undefined ? [] : [ownField(record, answer.field)])];
  const promptFields = prompt.field === undefined ? [] : prompt.used;
  if (answer?.response === undefined) {
    if (!requireResponse) return { prompt: prompt.text, response: '', parts: prompt.parts, promptFields, used };
    return answer === undefined
      ? missing(record, 'response', RESPONSE_FIELDS)
      : { field: answer.field, what: 'has no assistant message', isMapping: false };
  }
  if (requireResponse && answer.response.trim() === '') return { field: answer.field, what: 'is empty', isMapping: false };
  return { prompt: prompt.text, response: answer.response, parts: prompt.parts, promptFields, used };
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

/** The member of the record that a name leads to: the name itself, or the first step of a path with dots. */
function ownField(record: Record<string, unknown>, name: string): string {
  return Object.hasOwn(record, name) ? name : name.split('.')[0]!;
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

/** What a response field holds; of a conversation, the prompt before the answer too. */
interface Answer {
  prompt?: string;
  /** Its turns. */
  turns?: readonly Message[];
  response: string | undefined;
}

/** The answer and the field it stands in; undefined if the record has none. */
function findAnswer(record: Record<string, unknown>, map: FieldMap): (Answer & { field: string }) | FieldProblem | undefined {
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

/** A prompt and where it was found. */
interface FoundPrompt {
  text: string;
  /** Of the instruction itself; undefined for the turns of a conversation. */
  field?: string;
  /** Fields it was made of, those that the answer is in left out. */
  used: string[];
  parts?: PromptParts | undefined;
}

/**
 * The prompt and the fields it was made of. Without a map, a system text, earlier turns and the material of an instruction go with it, as in
 * the training code of the data sets that have such fields; a map says all there is to it.
 */
function readPrompt(
  record: Record<string, unknown>,
  map: FieldMap,
  answer: (Answer & { field: string }) | undefined,
): FoundPrompt | FieldProblem {
  if (map.prompt !== undefined) return mappedPrompt(record, map.prompt);
  const found = PROMPT_FIELDS.filter((name) => isPresent(record, name));
  const hasTurns = answer?.prompt !== undefined && answer.prompt !== '';
  if (answer?.prompt !== undefined && (found.length === 0 || map.messages !== undefined)) return conversationPrompt(record, answer, []);
  if (found.length > 1) return ambiguous(record, 'prompt', found);
  if (found.length === 0) return missing(record, 'prompt', PROMPT_FIELDS);
  const field = found[0]!;
  const asked = promptText(record[field], field);
  if ('what' in asked) return asked;
  if (hasTurns) {
    // The customary `prompt` beside `messages` is the first turn alone: with it, turns and system texts would be lost.
    if (answer.prompt!.includes(asked.text.trim())) return conversationPrompt(record, answer, [field]);
    return ambiguous(record, 'prompt', [field, answer.field]);
  }
  if (field === 'instruction' && isPresent(record, 'input') && typeof record['input'] !== 'string')
    return wrongType('input', record['input']);
  const material = materialOf(record, field);
  const system = hasSystem(asked.turns) ? undefined : systemOf(record);
  const history = Array.isArray(record[field]) ? undefined : historyOf(record);
  const used = [field, ...[material, system, history].flatMap((part) => (part === undefined ? [] : [part.field]))];
  const last = [asked.text, material?.text ?? ''].filter((text) => text !== '').join('\n\n');
  // An empty prompt stays one, whatever stands before it.
  if (last.trim() === '') return { text: '', field, used };
  const own = asked.turns.length > 1 ? asked.turns : [...(history?.messages ?? []), { role: 'user' as const, content: last }];
  const turns = system === undefined ? own : [{ role: 'system' as const, content: system.text }, ...own];
  return { text: renderPrompt(turns), field, used, parts: partsOf(turns, asked.text === '' ? undefined : material?.text) };
}

/** The turns before an answer, and before them the record's system text: a system turn of their own takes its place, as in LLaMA-Factory. */
function conversationPrompt(record: Record<string, unknown>, { prompt = '', turns = [] }: Answer, used: string[]): FoundPrompt {
  const system = hasSystem(turns) || prompt === '' ? undefined : systemOf(record);
  if (system === undefined) return { text: prompt, used, parts: partsOf(turns) };
  const all: Message[] = [{ role: 'system', content: system.text }, ...turns];
  return { text: renderPrompt(all), used: [...used, system.field], parts: partsOf(all) };
}

/** A field, or several joined by `+`: one of them may be null, as the material of an instruction often is. */
function mappedPrompt(record: Record<string, unknown>, spec: string): FoundPrompt | FieldProblem {
  const names = fieldValue(record, spec) !== undefined ? [spec] : spec.split('+').map((name) => name.trim());
  const texts: string[] = [];
  for (const name of names) {
    const value = fieldValue(record, name);
    if (value === undefined) return absent(record, name);
    if (value === null && names.length > 1) continue;
    const part = promptText(value, name);
    if ('what' in part) return part;
    if (part.text !== '') texts.push(part.text);
  }
  return { text: texts.join('\n\n'), field: spec, used: names.map((name) => ownField(record, name)) };
}

function promptText(value: unknown, field: string): { text: string; turns: readonly Message[] } | FieldProblem {
  if (typeof value === 'string') return { text: value, turns: [] };
  if (!Array.isArray(value)) return wrongType(field, value);
  const messages = parseMessages(value);
  if (typeof messages === 'string') return { field, what: messages, isMapping: false };
  return { text: renderPrompt(messages), turns: messages };
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

/** Whether a field's name is customary for a prompt or a response of texts. */
export function isAnswerOrPromptField(name: string): boolean {
  return PROMPT_FIELDS.includes(name) || RESPONSE_FIELDS.includes(name);
}
