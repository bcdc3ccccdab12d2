import { isJsonObject } from './json-file.ts';

/** A special token is written as its text, or as an object with its text in `content`. */
export function spelling(token: unknown): string | undefined {
  const text = isJsonObject(token) ? token['content'] : token;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
