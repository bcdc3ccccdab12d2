/** Where version 0.2.0 of `@huggingface/tokenizers` departs from the reference library; the goldens in tokenizer.golden.test.ts found these. */
import { TextDecoder } from 'node:util';
import { isJsonObject } from './json-file.ts';

/**
 * The Digits pre-tokenizer, spelled as a Split on the same characters: the reference splits at every numeric character (\p{N}, such as ½
 * and Ⅷ), the JavaScript library at decimal digits only.
 */
export function withExactDigits(preTokenizer: unknown): unknown {
  if (!isJsonObject(preTokenizer)) return preTokenizer;
  const { type, pretokenizers, individual_digits: isIndividual } = preTokenizer;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) return { ...preTokenizer, pretokenizers: pretokenizers.map(withExactDigits) };
  if (type !== 'Digits') return preTokenizer;
  return { type: 'Split', pattern: { Regex: isIndividual === true ? '\\p{N}' : '\\p{N}+' }, behavior: 'Isolated', invert: false };
}

/** What the repair needs of a decoder of the library, whose type declarations do not resolve under Node's ESM rules. */
export interface LibraryDecoder {
  readonly config: { readonly type: string };
  readonly decoders?: readonly LibraryDecoder[];
  text_decoder?: TextDecoder;
}

/** Byte tokens become the text they spell, or one U+FFFD a byte if they are not UTF-8; a byte order mark is kept. */
export function repairByteFallback(decoder: LibraryDecoder | null): void {
  decoder?.decoders?.forEach(repairByteFallback);
  if (decoder?.config.type === 'ByteFallback') decoder.text_decoder = new ByteRunDecoder();
}

class ByteRunDecoder extends TextDecoder {
  constructor() {
    super('utf-8', { fatal: true, ignoreBOM: true });
  }

  override decode(bytes: Uint8Array): string {
    try {
      return super.decode(bytes);
    } catch {
      return '\ufffd'.repeat(bytes.length);
    }
  }
}
