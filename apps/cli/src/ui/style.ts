import { styleText } from 'node:util';

type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** `text` in colour where `stream` is a terminal and the person did not ask for none (https://no-color.org). */
export function paint(format: Format, text: string, stream: NodeJS.WriteStream): string {
  const isPlain = !stream.isTTY || (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return isPlain ? text : styleText(format, text);
}
