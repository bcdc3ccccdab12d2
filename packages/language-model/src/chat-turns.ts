import { ConfigError } from '@pharmacist/core';

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

type RenderMessages = (messages: readonly ChatTurn[], numCharacters: number) => string;

const PROBE = 'Be brief, 4711.';

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
    const whole = () => this.#render([{ role: 'user', content: text }], text.length);
    if (turns === undefined || turns.at(-1)?.role !== 'user') return whole();
    const taken = turns.some(({ role }) => role === 'system') && !this.takesSystem ? withoutSystem(turns) : turns;
    try {
      return this.#render(taken, text.length);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return whole();
    }
  }

  /** Whether the template writes a system turn at all: some refuse it, some leave it out. */
  get takesSystem(): boolean {
    if (this.#takesSystem === undefined) {
      try {
        this.#takesSystem = this.#render(
          [
            { role: 'system', content: PROBE },
            { role: 'user', content: 'Hello.' },
          ],
          PROBE.length,
        ).includes(PROBE);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        this.#takesSystem = false;
      }
    }
    return this.#takesSystem;
  }
}

function withoutSystem(turns: readonly ChatTurn[]): ChatTurn[] {
  const system = turns.filter(({ role }) => role === 'system').map(({ content }) => content);
  const others = turns.filter(({ role }) => role !== 'system');
  const first = others.findIndex(({ role }) => role === 'user');
  return others.map((turn, i) => (i === first ? { ...turn, content: [...system, turn.content].join('\n\n') } : turn));
}
