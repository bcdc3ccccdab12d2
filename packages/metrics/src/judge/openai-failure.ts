/**
 * Why there is no verdict, and what follows from it:
 * `passing` may go away, and is tried again; `endpoint` is true of every item; `item` is a refusal of the request, which is the item's own if
 * the endpoint answers others; `filtered` is a refusal of the item's content, and certainly its own.
 */
export interface Failure {
  readonly kind: 'passing' | 'endpoint' | 'item' | 'filtered';
  readonly message: string;
}

/** What an error body says, in whichever of the usual forms. */
export interface ErrorText {
  readonly message: string;
  /** Words for programs: code, type, inner code. */
  readonly codes: string;
  /** The HTTP status that a gateway passes on inside of the body. */
  readonly status: number | undefined;
}

const PASSING = new Set([408, 409, 425, 429]);
const REFUSALS = new Set([400, 403, 413, 414, 422, 431, 451]);
const FILTER_CODES =
  /content[-_ ]?(?:filter|policy|management)|responsible[-_ ]?ai|moderation|inspection_failed|invalid_prompt|safety|\bflagged|sensitive/iu;
const FILTER_WORDS = /content[- ](?:filter|policy|management)|usage policy|(?:was|been|input) flagged|requires moderation/iu;
const OUT_OF_MONEY = /insufficient_quota|billing/iu;

export function failureOf(status: number, error: ErrorText, message: string): Failure {
  return { kind: kindOf(status, error), message };
}

function kindOf(status: number, { codes, message }: ErrorText): Failure['kind'] {
  if (FILTER_CODES.test(codes) || (REFUSALS.has(status) && FILTER_WORDS.test(message))) return 'filtered';
  if (OUT_OF_MONEY.test(codes)) return 'endpoint';
  if (PASSING.has(status) || status >= 500) return 'passing';
  return REFUSALS.has(status) ? 'item' : 'endpoint';
}

/** @returns undefined if nothing in the value says that it is an error. */
export function errorTextOf(value: unknown): ErrorText | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { error } = fields;
  if (typeof error === 'string' && error !== '') return { message: error, codes: '', status: statusIn(fields) };
  if (typeof error === 'object' && error !== null) return errorFields(error as Record<string, unknown>);
  if (fields['object'] === 'error' || fields['type'] === 'error') return errorFields(fields);
  return 'detail' in fields && !('choices' in fields)
    ? { message: textOf(fields['detail']), codes: '', status: statusIn(fields) }
    : undefined;
}

function errorFields(fields: Record<string, unknown>): ErrorText {
  const inner = fields['innererror'] ?? fields['inner_error'];
  const innerCode = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)['code'] : undefined;
  const codes = [fields['code'], fields['type'], innerCode].filter((code) => typeof code === 'string').join(' ');
  return { message: textOf(fields['message'] ?? fields), codes, status: statusIn(fields) };
}

function statusIn(fields: Record<string, unknown>): number | undefined {
  return [fields['code'], fields['status'], fields['status_code']]
    .map((value) => (typeof value === 'string' && /^\d{3}$/u.test(value) ? Number(value) : value))
    .find((value): value is number => typeof value === 'number' && value >= 400 && value < 600);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
