import type { LanguageModel, PromptedRow } from '@pharmacist/language-model';

/** A text to read, and where it stands, for messages. */
export interface MappedText {
  readonly text: PromptedRow;
  readonly where?: string | undefined;
}

/** Whole numbers that were found in a text, by name: lists of any length. */
export type FoundLists = Readonly<Record<string, ArrayLike<number>>>;

/** What a map is told beside the texts: a JSON value. */
export type TextParameters = Readonly<Record<string, unknown>>;

/**
 * What is found in each text by itself, without a pass through the model. It is known by its name in every process, so that ranges of rows may be read by any that has the
 * model, whose tokenizer it may ask.
 */
export interface TextMap<P extends TextParameters = TextParameters> {
  readonly name: string;
  /** Names of what it finds. */
  readonly lists: readonly string[];
  /** @returns what it finds in each of some texts, in their order: hundreds at once, each list valid until the next is asked for. */
  open(model: Pick<LanguageModel, 'tokenizer'>, parameters: P): (texts: readonly MappedText[]) => Iterable<FoundLists>;
}
