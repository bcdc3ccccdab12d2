const MAX_LISTED = 20;
const MAX_CHARACTERS = 200;

/** Problems of a file for a message, a line each: the first twenty, and how many more there are. */
export function problemLines(problems: readonly string[]): string {
  const rest = problems.length > MAX_LISTED ? `\n  and ${problems.length - MAX_LISTED} more` : '';
  return `\n  ${problems.slice(0, MAX_LISTED).map(cut).join('\n  ')}${rest}`;
}

/** A value of a file as it stands in a message; a long one is cut. */
export function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : cut(JSON.stringify(value) ?? 'nothing');
}

/** A text of a file or a library as it stands in a message. */
export function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
