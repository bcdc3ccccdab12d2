import { hash } from 'node:crypto';

/**
 * NLTK's WordPunct tokens: runs of word characters, or runs of what is neither a word character nor white space. The classes are those of Python,
 * whose white space has the separators U+001C to U+001F and U+0085 and lacks the byte order mark of JavaScript's.
 */
const TOKEN = new RegExp(String.raw`[\p{L}\p{N}_]+|(?:[^\p{L}\p{N}_\s\u001c-\u001f\u0085]|\ufeff)+`, 'gu');
/** Slots of the cache; a slot is four numbers: two halves of a key, the bucket, and one that only aligns it. 32 MiB. */
const SLOTS = 1 << 21;

/** Tokens of a text, lower-case. */
export function wordPunctTokens(text: string): readonly string[] {
  return text.toLowerCase().match(TOKEN) ?? [];
}

/** Bucket of an n-gram: the 256-bit number that its SHA-256 is, modulo their count, as the reference has it. */
export function bucketOf(ngram: string, numBuckets: number): number {
  const digest = hash('sha256', ngram, 'binary'); // A letter is a byte; hexadecimal takes twice the time.
  let rest = 0;
  for (let place = 0; place < digest.length; place += 2) {
    rest = (rest * 0x10000 + 0x100 * digest.charCodeAt(place) + digest.charCodeAt(place + 1)) % numBuckets;
  }
  return rest;
}

/**
 * Hashed unigrams and bigrams of texts. SHA-256 costs a microsecond, so buckets of recent n-grams are kept in a table of fixed size, under 64 bits of
 * their own hash: among sixty million different n-grams two share a key with a chance below one in ten thousand.
 */
export class NgramBuckets {
  readonly #numBuckets: number;
  readonly #cache = new Int32Array(4 * SLOTS);
  #buckets = new Uint32Array(1024);

  /** @param numBuckets below 2^31: a bucket plus one is held in 32 bits. The remainders above are exact up to 2^37, and `dsir` takes 2^20 at most. */
  constructor(numBuckets: number) {
    this.#numBuckets = numBuckets;
  }

  /** Buckets of a text's unigrams and bigrams, one an occurrence: 2 x words - 1 of them. Valid until the next call. */
  of(text: string): Uint32Array {
    const tokens = wordPunctTokens(text);
    if (this.#buckets.length < 2 * tokens.length) this.#buckets = new Uint32Array(4 * tokens.length);
    let [count, high, low] = [0, 0, 0];
    for (let place = 0; place < tokens.length; place++) {
      const token = tokens[place]!;
      const [highBefore, lowBefore] = [high, low];
      [high, low] = [0x811c9dc5 | 0, 0x2545f491];
      for (let i = 0; i < token.length; i++) {
        const unit = token.charCodeAt(i);
        high = Math.imul(high ^ unit, 0x01000193);
        low = Math.imul((low << 5) ^ (low >>> 27) ^ unit, 0x9e3779b1);
      }
      this.#buckets[count++] = this.#lookUp(high, low, token);
      if (place > 0) {
        const pairHigh = Math.imul(highBefore ^ (highBefore >>> 15), 0x85ebca6b) + high;
        const pairLow = Math.imul(lowBefore ^ (lowBefore >>> 13), 0xc2b2ae35) + low;
        this.#buckets[count++] = this.#lookUp(pairHigh | 0, pairLow | 0, token, tokens[place - 1]);
      }
    }
    return this.#buckets.subarray(0, count);
  }

  #lookUp(high: number, low: number, token: string, before?: string): number {
    const slot = 4 * (((low ^ (low >>> 16)) + high) & (SLOTS - 1));
    const cache = this.#cache;
    // A bucket is stored plus one: zero is an empty slot.
    if (cache[slot + 2] === 0 || cache[slot] !== high || cache[slot + 1] !== low) {
      cache[slot] = high;
      cache[slot + 1] = low;
      cache[slot + 2] = 1 + bucketOf(before === undefined ? token : `${before} ${token}`, this.#numBuckets);
    }
    return cache[slot + 2]! - 1;
  }
}
