/** What the parser of the command line objected to, before any command ran. */
export class UsageError extends Error {}

/** What could have been meant. */
export interface KnownWords {
  command: string | undefined;
  commands: readonly string[];
  /** The command with the arguments that it takes: `import <gguf> <out>`. */
  form?: string | undefined;
  /** Options of the command. */
  options: readonly string[];
  /** Words of the command line. */
  words: readonly string[];
}

/** The parser's message made helpful: what was probably meant, and where to read on. */
export async function describeUsage(message: string, { command, commands, form, options, words }: KnownWords): Promise<string> {
  const { didYouMean, unknownName } = await import('@pharmacist/core');
  const help = `Run \`pharmacist${command === undefined ? '' : ` ${command}`} --help\`.`;
  const unknown = /^Unknown (argument|command)s?: (.*)$/.exec(message);
  if (command === undefined && unknown?.[1] === 'command') return `command ${unknownName(unknown[2]!.split(', ')[0]!, commands)} ${help}`;
  // The parser names a missing option before a mistyped one, which is more often what is wrong.
  const mistyped = words.flatMap((word) => /^--([a-z][^=]*)/i.exec(word)?.[1] ?? []).filter((name) => !isKnown(name, options));
  const names = unknown?.[2]!.split(', ') ?? mistyped;
  if (names.length === 0 || !/^(Unknown|Missing)/.test(message)) {
    return `${inOwnWords(message, form)
      .trim()
      .replace(/[^.!?]$/, '$&.')} ${help}`;
  }
  const lines = names.map((name) => {
    const near = didYouMean(name, options);
    if (near === undefined && isFileLike(name))
      return `argument "${name}" is unknown. An option takes one name: repeat it, or put a pattern in quotes.`;
    return `argument "${name}" is unknown.${near === undefined ? '' : ` Did you mean --${near}?`}`;
  });
  return `${lines.join('\n')} ${help}`;
}

/** What the parser counts, named. */
function inOwnWords(message: string, form = ''): string {
  const [, option] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  if (option !== undefined) return `--${option} takes a value`;
  const [, numGiven] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  if (numGiven === undefined) return message;
  const missing = [...form.matchAll(/<(\w+)/g)].slice(Number(numGiven)).map(([, name]) => `<${name}>`);
  if (missing.length === 0) return message;
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing, as in: pharmacist ${form}`;
}

/** A name with a folder or an ending: what a shell makes of a pattern that stands without quotes. */
function isFileLike(name: string): boolean {
  return !name.startsWith('-') && /[/.]/.test(name);
}

function isKnown(name: string, options: readonly string[]): boolean {
  return ['help', 'version', ...options].includes(name);
}
