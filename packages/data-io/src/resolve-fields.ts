import type { FieldMap } from './field-map.ts';
import { type FieldProblem, isPresent, missing, ownField } from './field-problem.ts';
import { findAnswer, MESSAGE_FIELDS, RESPONSE_FIELDS } from './find-answer.ts';
import { findPrompt } from './find-prompt.ts';
import { PROMPT_FIELDS, type PromptParts } from './prompt-parts.ts';

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
  const prompt = findPrompt(record, known, answer);
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
