import { DataError } from '@pharmacist/core';

/** What is wrong with one record. */
export interface RowProblem {
  /** The file, where several are read as one. */
  source?: string;
  /** 1-based line of text, or row number in Parquet and Arrow. */
  line: number;
  /** The field at fault, if one is. */
  field?: string;
  /** For instance "is missing", "is empty", "is not valid JSON (…)". */
  what: string;
  /** True if the file ends in the middle of this record: nobody knows what came after it. */
  isCutShort?: true;
}

/** Receives the problems of single records; the record is then passed over. */
export type ProblemHandler = (problem: RowProblem) => void;

const NUM_LISTED = 5;
const CUT_SHORT_HINT = 'copy or download the file again; if it ends there, take the last line out';
const SKIP_HINT = 'correct the file, or leave such rows out with --skip-invalid (they are counted)';

/** `pool.jsonl:12 field "response"`. */
function whereOf(source: string, problem: RowProblem): string {
  const place = `${problem.source ?? source}:${problem.line}`;
  return problem.field === undefined ? place : `${place} field "${problem.field}"`;
}

/** The one error for all problems of a file: the first five in full, and how many there are. */
export function problemsError(
  source: string,
  problems: readonly RowProblem[],
  numProblems = problems.length,
  hint = hintOf(problems),
): DataError {
  const details = { problems: [...problems], numProblems };
  const first = problems[0]!;
  if (numProblems === 1) return new DataError(first.what, { where: whereOf(source, first), hint, details });
  const lines = problems.slice(0, NUM_LISTED).map((problem) => `\n  ${whereOf(source, problem)} ${problem.what}`);
  const rest = numProblems > lines.length ? `\n  … and ${numProblems - lines.length} more` : '';
  return new DataError(`${numProblems} problems${lines.join('')}${rest}`, { where: source, hint, details });
}

function hintOf(problems: readonly RowProblem[]): string {
  return problems.some(({ isCutShort }) => isCutShort === true) ? CUT_SHORT_HINT : SKIP_HINT;
}

/** Counts every problem and keeps the first few, so that a file of nothing but problems costs no memory. */
export class ProblemLog {
  readonly #kept: RowProblem[] = [];
  readonly #numKept: number;
  total = 0;
  /** True if one of them says that the file ends too early. */
  isCutShort = false;

  constructor(numKept = 20) {
    this.#numKept = numKept;
  }

  /** The first few problems by line: a parser that runs ahead reports some early. */
  get first(): RowProblem[] {
    const files = [...new Set(this.#kept.map(({ source }) => source))];
    return this.#kept.toSorted((a, b) => files.indexOf(a.source) - files.indexOf(b.source) || a.line - b.line);
  }

  /** What to do about a file with such problems. */
  get hint(): string {
    return this.isCutShort ? CUT_SHORT_HINT : SKIP_HINT;
  }

  add(problem: RowProblem): void {
    this.total++;
    this.isCutShort ||= problem.isCutShort === true;
    if (this.#kept.length < this.#numKept) this.#kept.push(problem);
  }
}
