import { z } from 'zod';
import { type ErrorText, errorTextOf, type Failure, failureOf } from './openai-failure.ts';
import type { HttpReply } from './openai-http.ts';

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export type Reply = { readonly usage?: Usage | undefined } & (
  | { readonly text: string; readonly isCut: boolean }
  | { readonly failure: Failure }
);

const optionalText = z.string().nullish().catch(undefined);
/** The parts of a chat completion that are read; whatever else is there, or of another form, is no reason to refuse the rest. */
const choiceSchema = z.object({
  message: z.object({ content: z.unknown(), refusal: optionalText }).nullish().catch(undefined),
  finish_reason: optionalText,
});
const bodySchema = z.object({
  choices: z.array(z.unknown()).nullish().catch(undefined),
  usage: z.object({ prompt_tokens: z.int().nonnegative(), completion_tokens: z.int().nonnegative() }).nullish().catch(undefined),
});

const MAX_QUOTED = 200;

/**
 * What an endpoint's reply to a chat request is: a completion with text, or a failure. Status 200 alone says nothing: gateways send errors,
 * empty lists and pages with it.
 * @param mask hides the key in whatever is quoted.
 */
export function readReply(reply: HttpReply, mask: (text: string) => string): Reply {
  const { status, text, end } = reply;
  const body = parsedJson(text);
  const error = errorTextOf(body);
  if (status < 200 || status >= 300) return { failure: refusedBy(reply, error, mask) };
  if (end === 'cut') return passing(`the judge's reply is longer than any verdict: ${quoted(text, mask)}`);
  if (end === 'broken') return passing("the connection broke inside the judge's reply");
  const { choices, usage: tokens } = bodySchema.safeParse(body).data ?? {};
  const usage = tokens ? { promptTokens: tokens.prompt_tokens, completionTokens: tokens.completion_tokens } : undefined;
  const found = error ?? errorTextOf(choices?.[0]);
  if (found !== undefined) {
    const message = `the judge answered with an error: ${quoted(found.message, mask)}`;
    return { usage, failure: failureOf(found.status ?? 500, found, message) };
  }
  const choice = choiceSchema.safeParse(choices?.[0]).data;
  if (choice === undefined) return { usage, ...passing(`the judge's reply holds no completion: ${quoted(text, mask)}`) };
  return { usage, ...readChoice(choice, mask) };
}

function readChoice({ message, finish_reason: finish }: z.infer<typeof choiceSchema>, mask: (text: string) => string): Reply {
  const { text, refusal } = partsOf(message?.content);
  if (text.trim() !== '') return { text, isCut: finish === 'length' };
  const refused = message?.refusal || refusal;
  if (finish === 'content_filter' || refused !== '') {
    return {
      failure: { kind: 'filtered', message: `the judge refused: ${refused === '' ? 'its content filter' : quoted(refused, mask)}` },
    };
  }
  if (finish === 'length') return { text: '', isCut: true };
  return passing("the judge's completion holds no text");
}

/** Text of a message, whether it comes whole or in parts; what a model thought is no part of it. */
function partsOf(content: unknown): { text: string; refusal: string } {
  if (typeof content === 'string') return { text: content, refusal: '' };
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  const found = { text: '', refusal: '' };
  for (const part of parts) {
    const { type = 'text', text, refusal } = (typeof part === 'string' ? { text: part } : (part ?? {})) as Record<string, unknown>;
    if ((type === 'text' || type === 'output_text') && typeof text === 'string') found.text += text;
    if (type === 'refusal' && typeof refusal === 'string') found.refusal += refusal;
  }
  return found;
}

function refusedBy({ status, text, headers }: HttpReply, error: ErrorText | undefined, mask: (text: string) => string): Failure {
  const told = { message: text, codes: '', status: undefined, ...error };
  const words = quoted(told.message, mask);
  const target = status >= 300 && status < 400 && headers.location ? ` and sends the request to ${quoted(headers.location, mask)}` : '';
  const message = `the judge answered HTTP ${status}${target}${words === '' ? '' : `: ${words}`}`;
  return failureOf(status, told, message);
}

/** The beginning of a text, with the key hidden before anything is cut. */
export function quoted(text: string, mask: (text: string) => string): string {
  const shown = mask(text).trim();
  return shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown;
}

function passing(message: string): { failure: Failure } {
  return { failure: { kind: 'passing', message } };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
