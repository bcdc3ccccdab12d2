import { hasSystem, parseMessages, renderPrompt, type Message } from './conversation.ts';
import type { FieldMap } from './field-map.ts';
import { absent, ambiguous, type FieldProblem, fieldValue, isPresent, missing, ownField, wrongType } from './field-problem.ts';
import type { Answer } from './find-answer.ts';
import { historyOf, materialOf, partsOf, PROMPT_FIELDS, systemOf, type PromptParts } from './prompt-parts.ts';

/** A prompt and where it was found. */
export interface FoundPrompt {
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
export function findPrompt(
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
