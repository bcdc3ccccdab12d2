/** How models mark what they think before they answer; the last one is of models that name the part that follows. */
const MARKS: readonly (readonly [open: string, close: string])[] = [
  ...['think', 'thinking', 'thought', 'reasoning', 'seed:think'].map((name) => [`<${name}>`, `</${name}>`] as const),
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  ['<|channel|>analysis', '<|channel|>final<|message|>'],
];

/** Tokens of chat templates that some servers leave at the end. */
const END_TOKENS = /(?:(?:<\|[a-z0-9_]{1,30}\|>|<\/s>|<end_of_turn>)\s*)+$/iu;
/** A text beyond this is no verdict, whatever it ends with. */
const MAX_WITH_TOKENS = 1000;

/**
 * What a reply says after its reasoning. The opening mark may be missing, since chat templates put it into the prompt; of several closing
 * marks the last counts, since the reasoning may quote one.
 * @returns undefined if the reasoning does not end.
 */
export function withoutReasoning(reply: string): string | undefined {
  // Of ASCII letters alone, so that positions in both texts are the same.
  const lower = reply.replace(/[A-Z]/gu, (letter) => letter.toLowerCase());
  let start = 0;
  for (const [, close] of MARKS) {
    const at = lower.lastIndexOf(close);
    if (at >= 0) start = Math.max(start, at + close.length);
  }
  if (MARKS.some(([open]) => lower.startsWith(open, start + leadingSpace(lower, start)))) return undefined;
  const rest = reply.slice(start).trim();
  return rest.length > MAX_WITH_TOKENS ? rest : rest.replace(END_TOKENS, '');
}

function leadingSpace(text: string, start: number): number {
  return /\s*/uy.exec(text.slice(start, start + 1000))![0].length;
}
