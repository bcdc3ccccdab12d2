import { isAnswerOrPromptField } from '../find-answer.ts';

/** Members under which files put all their rows. */
export const WRAPPER_NAMES: ReadonlySet<string> = new Set(
  'data rows records items examples instances samples entries train validation test'.split(' '),
);

/**
 * Whether text that begins with `{` is one object for the whole file, or several over many lines each, as opposed to one object a line.
 * @param text the beginning of the file; what is beyond it cannot count.
 * @param isNamedLines the name says one object a line: a table on one line must have the name of a prompt or an answer in it. Otherwise a
 * single line is one object for the whole file.
 */
export function isJsonDocument(text: string, isNamedLines: boolean): boolean {
  let depth = 0;
  let key: string | undefined;
  let isHolder = false;
  let isRow = false;
  for (const token of text.matchAll(/"(?:[^"\\\n]|\\.)*"?|[{}[\]:,\n]/g)) {
    const [mark] = token;
    if (mark === '\n') {
      const rest = text.slice(token.index).trimStart();
      // A row ends with its line, and another may follow; what goes on is no row.
      if (depth > 0) return !rest.startsWith('{') || /[[{,:]\s*$/.test(text.slice(0, token.index));
      return (isHolder || !isNamedLines) && rest === '';
    }
    if (mark === '{' || mark === '[') {
      if (depth === 1 && key !== undefined && !isRow && holdsRows(key, text.slice(token.index), isNamedLines)) isHolder = true;
      depth++;
    } else if (mark === '}' || mark === ']') depth--;
    else if (depth === 1 && mark === ',') key = undefined;
    else if (depth === 1 && key === undefined && mark.startsWith('"')) key = mark.slice(1, -1);
    // A text for a prompt or an answer: a row, whatever else is in it.
    else if (depth === 1 && key !== undefined && mark.startsWith('"')) isRow ||= isAnswerOrPromptField(key);
  }
  return isHolder || !isNamedLines;
}

/** Whether a member of an object holds rows or a column of them; `value` is the text from its bracket on. */
function holdsRows(key: string, value: string, isNamedLines: boolean): boolean {
  // Messages are the list of one row.
  if (WRAPPER_NAMES.has(key) && /^\[\s*[[{]/.test(value)) return !/^\[\s*\{\s*"(?:role|from|content|value)"/.test(value);
  // pandas: {"prompt":{"0":…}} by column, {"0":{"prompt":…}} by row.
  if (/^\{\s*"\d+"\s*:/.test(value)) return !isNamedLines || isAnswerOrPromptField(key);
  if (/^\d+$/.test(key)) return value.startsWith('{') && (!isNamedLines || namesOf(value).some(isAnswerOrPromptField));
  // datasets: {"prompt":["…"],"response":["…"]}.
  return isAnswerOrPromptField(key) && /^\[\s*"/.test(value);
}

function namesOf(value: string): string[] {
  return [...value.matchAll(/"([^"\\]*)"\s*:/g)].map(([, name]) => name!);
}
