import { ConfigError } from '@pharmacist/core';

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface RenderOptions {
  /** Size of what is rendered, for the bound on time. */
  readonly numCharacters: number;
  /** Whether the opening of the assistant's turn follows, as `add_generation_prompt` of transformers. */
  readonly opensAnswer: boolean;
}

type RenderMessages = (messages: readonly ChatTurn[], options: RenderOptions) => string;

/** How a template writes an assistant's turn, beside its text: what stands between the opened prompt and the text, and what follows it. */
export interface AnswerTurn {
  readonly before: string;
  readonly trimsStart: boolean;
  readonly trimsEnd: boolean;
  readonly after: string;
}

const PROBE = 'Be brief, 4711.';
/** White space that no template writes itself. */
const MARK = '\t';

/** Puts prompts to a chat template, whose makers decided which roles it takes, and in which order. */
export class ChatTurns {
  readonly #render: RenderMessages;
  #takesSystem: boolean | undefined;

  constructor(render: RenderMessages) {
    this.#render = render;
  }

  /**
   * The turns as they are. A template without a place for a system text gets it at the head of the first user turn; one that refuses these
   * turns, as many refuse an assistant's first, gets the whole prompt in one.
   * @param text the whole prompt. @throws {ConfigError} if the template refuses a single user turn.
   */
  render(text: string, turns: readonly ChatTurn[] | undefined): string {
    const options = { numCharacters: text.length, opensAnswer: true };
    const whole = () => this.#render([{ role: 'user', content: text }], options);
    if (turns === undefined || turns.at(-1)?.role !== 'user') return whole();
    const taken = turns.some(({ role }) => role === 'system') && !this.takesSystem ? withoutSystem(turns) : turns;
    try {
      return this.#render(taken, options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return whole();
    }
  }

  /** Whether the template writes a system turn at all: some refuse it, some leave it out. */
  get takesSystem(): boolean {
    this.#takesSystem ??=
      this.#probe(
        [
          { role: 'system', content: PROBE },
          { role: 'user', content: 'Hello.' },
        ],
        true,
      )?.includes(PROBE) === true;
    return this.#takesSystem;
  }

  /** How the template writes an answer to one user turn; undefined if it refuses one or leaves its text out. */
  answerTurn(): AnswerTurn | undefined {
    const question: ChatTurn = { role: 'user', content: 'Hello.' };
    const prompt = this.#probe([question], true);
    const text = this.#probe([question, { role: 'assistant', content: MARK + PROBE + MARK }], false);
    const start = text?.lastIndexOf(PROBE) ?? -1;
    if (text === undefined || prompt === undefined || start < 0) return undefined;
    const end = start + PROBE.length;
    const trimsStart = text[start - 1] !== MARK;
    const trimsEnd = text[end] !== MARK;
    return {
      before: text.startsWith(prompt) ? text.slice(prompt.length, trimsStart ? start : start - 1) : '',
      trimsStart,
      trimsEnd,
      after: text.slice(trimsEnd ? end : end + 1),
    };
  }

  #probe(messages: readonly ChatTurn[], opensAnswer: boolean): string | undefined {
    try {
      return this.#render(messages, { numCharacters: PROBE.length, opensAnswer });
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }
}

function withoutSystem(turns: readonly ChatTurn[]): ChatTurn[] {
  const system = turns.filter(({ role }) => role === 'system').map(({ content }) => content);
  const others = turns.filter(({ role }) => role !== 'system');
  const first = others.findIndex(({ role }) => role === 'user');
  return others.map((turn, i) => (i === first ? { ...turn, content: [...system, turn.content].join('\n\n') } : turn));
}
