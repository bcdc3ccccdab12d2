import { DataError } from '@pharmacist/core';

/** What is wrong with one record. */
export interface RowProblem {
  /** 1-based line of text, or row number in Parquet and Arrow. */
  line: number;
  /** The field at fault, if one is. */
  field?: string;
  /** For instance "is missing", "is empty", "is not valid JSON (…)". */
  what: string;
}

/** Receives the problems of single records; the record is then passed over. */
export type ProblemHandler = (problem: RowProblem) => void;

const NUM_LISTED = 5;
const SKIP_HINT = 'correct the file, or leave such rows out with --skip-invalid (they are counted)';

/** `pool.jsonl:12 field "response"`. */
function whereOf(source: string, problem: RowProblem): string {
  return problem.field === undefined ? `${source}:${problem.line}` : `${source}:${problem.line} field "${problem.field}"`;
}

/** The one error for all problems of a file: the first five in full, and how many there are. */
export function problemsError(source: string, problems: readonly RowProblem[], numProblems = problems.length, hint = SKIP_HINT): DataError {
  const details = { problems: [...problems], numProblems };
  const first = problems[0]!;
  if (numProblems === 1) return new DataError(first.what, { where: whereOf(source, first), hint, details });
  const lines = problems.slice(0, NUM_LISTED).map((problem) => `\n  ${whereOf(source, problem)} ${problem.what}`);
  const rest = numProblems > lines.length ? `\n  … and ${numProblems - lines.length} more` : '';
  return new DataError(`${numProblems} problems${lines.join('')}${rest}`, { where: source, hint, details });
}

/** Counts every problem and keeps the first few, so that a file of nothing but problems costs no memory. */
export class ProblemLog {
  readonly #kept: RowProblem[] = [];
  readonly #numKept: number;
  total = 0;

  constructor(numKept = 20) {
    this.#numKept = numKept;
  }

  /** The first few problems by line: a parser that runs ahead reports some early. */
  get first(): RowProblem[] {
    return this.#kept.toSorted((a, b) => a.line - b.line);
  }

  add(problem: RowProblem): void {
    this.total++;
    if (this.#kept.length < this.#numKept) this.#kept.push(problem);
  }
}
