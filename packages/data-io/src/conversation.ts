/** One turn of a conversation, roles as in chat templates. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

const ROLE_BY_NAME: ReadonlyMap<string, Message['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['model', 'assistant'],
]);

/** Reads a list of `{ role, content }` (or ShareGPT's `{ from, value }`); a text says what is wrong with it. */
export function parseMessages(value: readonly unknown[]): Message[] | string {
  const messages: Message[] = [];
  for (const [i, item] of value.entries()) {
    if (item === null || typeof item !== 'object') return `message ${i + 1} is not an object with role and content`;
    const { role, content, from, value: text } = item as Record<string, unknown>;
    const name = role ?? from;
    const known = typeof name === 'string' ? ROLE_BY_NAME.get(name) : undefined;
    if (known === undefined) return `message ${i + 1} has the role ${JSON.stringify(name)}; known: ${[...ROLE_BY_NAME.keys()].join(', ')}`;
    const words = textOfContent(content ?? text);
    if (words === undefined) return `message ${i + 1} has no text in "content"`;
    messages.push({ role: known, content: words });
  }
  return messages.length === 0 ? 'is an empty list of messages' : messages;
}

/** A text, or OpenAI's list of parts that are all texts; undefined for anything else. */
function textOfContent(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => (part as { type?: unknown; text?: unknown } | null)?.text);
  return texts.every((part) => typeof part === 'string') && texts.length > 0 ? texts.join('') : undefined;
}

/** Reads the transcript form of hh-rlhf, `\n\nHuman: …\n\nAssistant: …`; undefined if `text` is not of that form. */
export function parseTranscript(text: string): Message[] | undefined {
  if (!/^\s*Human: /.test(text) || !text.includes('\n\nAssistant:')) return undefined;
  const turns = text.trim().split(/(?:^|\n\n)(Human|Assistant):/);
  const messages: Message[] = [];
  for (let i = 1; i < turns.length; i += 2)
    messages.push({ role: turns[i] === 'Human' ? 'user' : 'assistant', content: turns[i + 1]!.trim() });
  return messages;
}

/** The last assistant message is the response, everything before it the prompt. Without one the response is undefined. */
export function splitConversation(messages: readonly Message[]): {
  turns: readonly Message[];
  prompt: string;
  response: string | undefined;
} {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  const before = last < 0 ? messages : messages.slice(0, last);
  return { turns: before, prompt: renderPrompt(before), response: messages[last]?.content };
}

/** Whether turns have a system text. */
export function hasSystem(turns: readonly Message[]): boolean {
  return turns.some(({ role, content }) => role === 'system' && content !== '');
}

/** One user turn is its text; several turns are `Human: …\n\nAssistant: …`. A system message stands first as it is. */
export function renderPrompt(messages: readonly Message[]): string {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const turns = messages.filter(({ role }) => role !== 'system');
  const isSingle = turns.length === 1 && turns[0]!.role === 'user';
  const texts = turns.map(({ role, content }) => (isSingle ? content : `${role === 'user' ? 'Human' : 'Assistant'}: ${content}`));
  return [...system, ...texts].filter((text) => text !== '').join('\n\n');
}
