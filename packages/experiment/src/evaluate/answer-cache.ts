import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError, hashOfValue, makeRoomIn, markUsed, readStateFile, type Reporter, sha256, writeStateFile } from '@pharmacist/core';
import { z } from 'zod';

/** What a model said to a prompt. */
const answerSchema = z.strictObject({ text: z.string(), finishReason: z.enum(['eos', 'length']) });
export type Answer = z.infer<typeof answerSchema>;

/** What decides an answer beside the prompt. */
export interface AnswerSettings {
  readonly modelHash: string;
  /** Engine by name: what one computes is not what another does. */
  readonly engine: string;
  /** GENERATION_VERSION of language-model. */
  readonly generation: number;
  readonly maxNewTokens: number;
}

/** Where answers are kept. */
export interface AnswerPlace {
  readonly dir: string;
  /** Names the file that this evaluation writes, so that several may be at work at once; one that is not shared has no name. */
  readonly writer?: string | undefined;
  /** Most bytes of all answers there when an evaluation begins; those used least recently go first. */
  readonly maxBytes?: number | undefined;
}

/** Some thousand evaluations of a thousand prompts. */
const MAX_BYTES = 4 * 2 ** 30;
const ENDING = '.answers';

/**
 * Answers of one model under one setting, by prompt, in the files of a folder: a second judge, or the same command after it was killed, costs
 * no generation. Each evaluation writes a file of its own and reads those of all, so that none loses what another wrote meanwhile. A damaged
 * file is made again, and so are answers that had to make room.
 */
export class AnswerCache {
  readonly #path: string;
  readonly #own: Map<string, Answer>;
  readonly #others: ReadonlyMap<string, Answer>;

  private constructor(path: string, own: Map<string, Answer>, others: ReadonlyMap<string, Answer>) {
    this.#path = path;
    this.#own = own;
    this.#others = others;
  }

  static async open(
    { dir, writer, maxBytes = MAX_BYTES }: AnswerPlace,
    settings: AnswerSettings,
    reporter: Reporter,
  ): Promise<AnswerCache> {
    const stem = hashOfValue(settings);
    const name = writer === undefined ? `${stem}${ENDING}` : `${stem}.${sha256(writer).slice(0, 16)}${ENDING}`;
    const others = new Map<string, Answer>();
    for (const other of await namesIn(dir)) {
      if (other === name || !other.startsWith(stem) || !other.endsWith(ENDING)) continue;
      for (const [prompt, answer] of await load(join(dir, other), reporter)) others.set(prompt, answer);
    }
    const path = join(dir, name);
    const own = await load(path, reporter);
    await makeRoomIn(dir, { ending: ENDING, maxBytes });
    return new AnswerCache(path, own, others);
  }

  /** @param prompt as it is put to the model. */
  get(prompt: string): Answer | undefined {
    const key = sha256(prompt);
    return this.#own.get(key) ?? this.#others.get(key);
  }

  /** @throws {FileError} if the file cannot be written. */
  async add(answers: Iterable<readonly [prompt: string, answer: Answer]>): Promise<void> {
    for (const [prompt, answer] of answers) this.#own.set(sha256(prompt), answer);
    await writeStateFile(this.#path, { meta: { answers: Object.fromEntries(this.#own) }, arrays: {} });
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw asFileError(error, dir, 'read');
  }
}

async function load(path: string, reporter: Reporter): Promise<Map<string, Answer>> {
  const state = await readStateFile(path);
  if (state === 'missing') return new Map();
  await markUsed(path);
  const parsed = z.record(z.string(), answerSchema).safeParse(state === 'damaged' ? undefined : state.meta['answers']);
  if (parsed.success) return new Map(Object.entries(parsed.data));
  reporter.warn(`the answers in ${path} are damaged; they are generated again`);
  return new Map();
}
