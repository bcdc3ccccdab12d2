import { isAnswerOrPromptField } from '../find-answer.ts';
import { WRAPPER_NAMES } from '../source/json-document.ts';

type JsonObject = Record<string, unknown>;

/**
 * The rows of an object that holds a whole table, as pandas (`DataFrame.to_json` with any `orient`) and datasets (`to_dict`) write them, or
 * under a single name. Undefined if the object is a row itself.
 */
export function rowsOfTable(value: JsonObject): JsonObject[] | undefined {
  const members = Object.entries(value);
  if (members.length === 0) return undefined;
  const rows = rowsUnderName(members) ?? splitTable(value) ?? rowsByIndex(members) ?? columnsByIndex(members) ?? columnsOfLists(members);
  // `{"result": {"data": […]}}`: what answers of servers look like.
  const [[, inner]] = members as [[string, unknown]];
  return rows ?? (members.length === 1 && isObject(inner) ? rowsOfTable(inner) : undefined);
}

/** `{"my_rows": [{…}, …]}`, or a customary name beside others; a list of messages is the one row's. */
function rowsUnderName(members: [string, unknown][]): JsonObject[] | undefined {
  const holders = members.length === 1 ? members : members.filter(([name, list]) => WRAPPER_NAMES.has(name) && Array.isArray(list));
  const rows = holders.length === 1 ? holders[0]![1] : undefined;
  if (members.some(([name]) => isAnswerOrPromptField(name)) || !Array.isArray(rows) || rows.length === 0 || !rows.every(isObject))
    return undefined;
  return rows.some((row) => 'role' in row || 'from' in row) ? undefined : rows;
}

/** `{"columns": ["prompt", …], "index": […], "data": [["…", …], …]}`. */
function splitTable({ columns, data }: JsonObject): JsonObject[] | undefined {
  if (!Array.isArray(columns) || !Array.isArray(data) || !columns.every((name) => typeof name === 'string')) return undefined;
  if (!data.every((row): row is unknown[] => Array.isArray(row) && row.length === columns.length)) return undefined;
  return data.map((row) => Object.fromEntries(columns.map((name, j) => [name, row[j]])));
}

/** `{"0": {"prompt": "…", …}, "1": …}`. */
function rowsByIndex(members: [string, unknown][]): JsonObject[] | undefined {
  const rows = members.map(([, row]) => row);
  return members.every(([key]) => isIndex(key)) && rows.every(isObject) ? rows : undefined;
}

/** `{"prompt": {"0": "…", "1": "…"}, "response": …}`: what `to_json` writes unless told otherwise. */
function columnsByIndex(members: [string, unknown][]): JsonObject[] | undefined {
  const columns = members.map(([, column]) => column);
  if (!columns.every(isObject)) return undefined;
  const keys = Object.keys(columns[0]!);
  const isNamed = members.some(
    ([name, column]) => isAnswerOrPromptField(name) && keys.every((key) => typeof (column as JsonObject)[key] === 'string'),
  );
  if (keys.length === 0 || !(keys.every(isIndex) || isNamed)) return undefined;
  const isTable = columns.every((column) => Object.keys(column).length === keys.length && keys.every((key) => Object.hasOwn(column, key)));
  if (!isTable) return undefined;
  return keys.map((key) => Object.fromEntries(members.map(([name, column]) => [name, (column as JsonObject)[key]])));
}

/** `{"prompt": ["…", …], "response": ["…", …]}`. */
function columnsOfLists(members: [string, unknown][]): JsonObject[] | undefined {
  const isTable = members.some(([name, column]) => isAnswerOrPromptField(name) && Array.isArray(column) && typeof column[0] === 'string');
  const lists = members.map(([, column]) => column);
  if (!isTable || !lists.every((list): list is unknown[] => Array.isArray(list) && list.length === (lists[0] as unknown[]).length))
    return undefined;
  return lists[0]!.map((_, i) => Object.fromEntries(members.map(([name], j) => [name, lists[j]![i]])));
}

function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
