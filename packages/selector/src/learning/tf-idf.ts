// Own code: of the packages on npm, tiny-tfidf and natural keep every document, weigh by other formulas and have no bounded vocabulary.
import type { SparseRow } from './sparse-row.ts';

export interface TfIdfOptions {
  /** Documents that must hold an n-gram for it to count. */
  readonly minDocumentFrequency: number;
  /** N-grams kept: those in most documents, equally frequent ones by their text. */
  readonly maxFeatures: number;
}

export interface TfIdf {
  /** [features] n-grams in the order of their columns, that of their UTF-16 code units; the words of a pair are joined by a space. */
  readonly ngrams: readonly string[];
  /** [features] ln((1 + documents) / (1 + documents with the n-gram)) + 1. */
  readonly inverseDocumentFrequencies: Float64Array;
  /** The row of a document, of length 1; empty if no n-gram of it is known. Keeps nothing of the document. */
  transform(terms: readonly string[]): SparseRow;
}

interface Ngram {
  documentFrequency: number;
  /** The last document that was counted, so that each counts once. */
  lastDocument: number;
  /** -1 for what is not kept. */
  column: number;
}

/** A term, and the pairs that it begins by their second term: looking up a pair makes no string. */
interface Term extends Ngram {
  readonly pairs: Map<string, Ngram>;
}

type Vocabulary = Map<string, Term>;

/**
 * Terms and pairs of neighbouring terms, weighed by how often a document has them, 1 + ln(count), and how rare they are among documents
 * (Sparck Jones 1972; the smoothed form of scikit-learn's TfidfVectorizer with sublinear_tf=True), each row scaled to length 1. scikit-learn
 * bounds its vocabulary by occurrences; here documents are counted, which one document cannot inflate.
 * @param documents terms of each; read once. While it counts, every distinct n-gram is in memory.
 * @returns without documents, or without an n-gram frequent enough, a model without columns: its rows are empty.
 */
export function fitTfIdf(documents: Iterable<readonly string[]>, { minDocumentFrequency, maxFeatures }: TfIdfOptions): TfIdf {
  const vocabulary: Vocabulary = new Map();
  let numDocuments = 0;
  for (const terms of documents) countDocument(vocabulary, terms, numDocuments++);
  const kept = [...entries(vocabulary, minDocumentFrequency)]
    .sort((a, b) => b.ngram.documentFrequency - a.ngram.documentFrequency || byText(a, b))
    .slice(0, maxFeatures)
    .sort(byText);
  kept.forEach(({ ngram }, column) => (ngram.column = column));
  prune(vocabulary);
  const idf = Float64Array.from(kept, ({ ngram }) => Math.log((1 + numDocuments) / (1 + ngram.documentFrequency)) + 1);
  return {
    ngrams: kept.map(({ text }) => text),
    inverseDocumentFrequencies: idf,
    transform: (terms) => weigh(columnsOf(vocabulary, terms), idf),
  };
}

function countDocument(vocabulary: Vocabulary, terms: readonly string[], document: number): void {
  let previous: Term | undefined;
  for (const text of terms) {
    let term = vocabulary.get(text);
    if (term === undefined) vocabulary.set(text, (term = { ...uncounted(), pairs: new Map() }));
    count(term, document);
    if (previous !== undefined) {
      let pair = previous.pairs.get(text);
      if (pair === undefined) previous.pairs.set(text, (pair = uncounted()));
      count(pair, document);
    }
    previous = term;
  }
}

function uncounted(): Ngram {
  return { documentFrequency: 0, lastDocument: -1, column: -1 };
}

function count(ngram: Ngram, document: number): void {
  if (ngram.lastDocument === document) return;
  ngram.lastDocument = document;
  ngram.documentFrequency++;
}

interface Entry {
  readonly text: string;
  readonly numTerms: number;
  readonly ngram: Ngram;
}

/** The n-grams of enough documents. A pair is in no more of them than its first term. */
function* entries(vocabulary: Vocabulary, minDocumentFrequency: number): Generator<Entry> {
  for (const [first, term] of vocabulary) {
    if (term.documentFrequency < minDocumentFrequency) continue;
    yield { text: first, numTerms: 1, ngram: term };
    for (const [second, pair] of term.pairs) {
      if (pair.documentFrequency >= minDocumentFrequency) yield { text: `${first} ${second}`, numTerms: 2, ngram: pair };
    }
  }
}

/** By code units, which no locale changes. Only a term with a space in it can have the text of a pair, and comes first. */
function byText(a: Entry, b: Entry): number {
  if (a.text === b.text) return a.numTerms - b.numTerms;
  return a.text < b.text ? -1 : 1;
}

/** Forgets what is not kept. No pair is without its first term, which is in as many documents or more and comes first by text. */
function prune(vocabulary: Vocabulary): void {
  for (const [first, term] of vocabulary) {
    for (const [second, pair] of term.pairs) if (pair.column < 0) term.pairs.delete(second);
    if (term.column < 0) vocabulary.delete(first);
  }
}

/** Columns of all known n-grams of a document, ascending, each as often as it occurs. */
function columnsOf(vocabulary: Vocabulary, terms: readonly string[]): Int32Array {
  const columns: number[] = [];
  let previous: Term | undefined;
  for (const text of terms) {
    const pair = previous?.pairs.get(text);
    if (pair !== undefined) columns.push(pair.column);
    previous = vocabulary.get(text);
    if (previous !== undefined) columns.push(previous.column);
  }
  return new Int32Array(columns).sort();
}

function weigh(columns: Int32Array, idf: Float64Array): SparseRow {
  const indices = new Int32Array(columns.length);
  const values = new Float64Array(columns.length);
  let size = 0;
  let squared = 0;
  for (let start = 0, end = 0; start < columns.length; start = end, size++) {
    const column = columns[start]!;
    while (end < columns.length && columns[end] === column) end++;
    indices[size] = column;
    values[size] = (1 + Math.log(end - start)) * idf[column]!;
    squared += values[size]! ** 2;
  }
  const length = Math.sqrt(squared);
  for (let k = 0; k < size; k++) values[k]! /= length;
  return { indices: indices.slice(0, size), values: values.slice(0, size) };
}
