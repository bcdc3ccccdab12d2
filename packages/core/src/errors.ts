/** What went wrong, as data first: the text is made from the fields, so that a program can read them too. */
export interface ErrorFields {
  /** Stable upper-case identifier, for instance `E_DATA`. */
  code: string;
  /** Place of the problem: `file.jsonl:12`, `config.yaml seed`, `tensor-kernels/matMul`. */
  where?: string | undefined;
  /** What to do about it, as an instruction. */
  hint?: string | undefined;
  /** Machine-readable facts (offending value, shapes, row id). */
  details?: Record<string, unknown> | undefined;
  cause?: unknown;
}

/**
 * Root of every error this project throws on purpose.
 *
 * `isUserError` separates a mistake in the input (exit status 2, no stack) from a fault of ours (exit status 1).
 */
export class PharmacistError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;
  readonly isUserError: boolean = true;

  constructor(what: string, { code, where, hint, details, cause }: ErrorFields) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.where = where;
    this.hint = hint;
    this.details = details ?? {};
  }

  /** One line, or a few where the message lists several problems: `E_DATA pool.jsonl:3: field "prompt" is missing. Fix: …`. */
  describe(): string {
    const place = this.where === undefined ? '' : ` ${this.where}:`;
    const what = `${this.code}${place} ${this.message}`;
    if (this.hint === undefined) return what;
    if (this.message.includes('\n')) return `${what}\nFix: ${this.hint}`;
    return `${what}${/[.!?…]$/.test(what) ? '' : '.'} Fix: ${this.hint}`;
  }
}

type Fields = Omit<ErrorFields, 'code'>;

/** An option, a configuration file or a combination of both is wrong. */
export class ConfigError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_CONFIG', ...fields });
  }
}

/** A row, a file of rows or their encoding is wrong. */
export class DataError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_DATA', ...fields });
  }
}

/** A model directory, a checkpoint, an adapter or a tokenizer is wrong or of an unsupported form. */
export class ModelError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_MODEL', ...fields });
  }
}

/** A file cannot be read or written: missing, no permission, no space, a folder in its place. */
export class FileError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_FILE', ...fields });
  }
}

/** The engine asked for cannot run here. */
export class EngineError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_ENGINE', ...fields });
  }
}

/** A value became NaN or infinite, or a quantity has no defined value on this input. */
export class NumericError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_NUMERIC', ...fields });
  }
}

/** Shapes or dtypes do not fit together: a fault in code that composes kernels, not in the user's input. */
export class ShapeError extends PharmacistError {
  override readonly isUserError: boolean = false;
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_SHAPE', ...fields });
  }
}

/** A promise of ours is broken: state that cannot be, a handle used after it was released. */
export class InternalError extends PharmacistError {
  override readonly isUserError: boolean = false;
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_INTERNAL', ...fields });
  }
}

/**
 * A method, filter, defense, judge or task does not keep what its kind promises: too few scores, a NaN, a verdict of another form, an error
 * of its own. `where` names it, `details` the row where there is one.
 */
export class ContractError extends PharmacistError {
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_CONTRACT', ...fields });
  }
}

/** The user asked to stop (SIGINT, SIGTERM); the run can be continued with the same command. */
export class InterruptedError extends PharmacistError {
  constructor(what = 'stopped on request', fields: Fields = {}) {
    super(what, { code: 'E_INTERRUPTED', ...fields });
  }
}

/**
 * Part of the work could not be done for a reason outside the program and the input (a service that does not answer); the rest is done and
 * kept, and the same command does what is missing.
 */
export class IncompleteError extends PharmacistError {
  override readonly isUserError: boolean = false;
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_INCOMPLETE', ...fields });
  }
}

/** Another attempt at the same work has taken it over: this one came back after it was held lost, and must not write. */
export class SupersededError extends PharmacistError {
  override readonly isUserError: boolean = false;
  constructor(what: string, fields: Fields = {}) {
    super(what, { code: 'E_SUPERSEDED', ...fields });
  }
}

/** @throws {InterruptedError} if `signal` was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new InterruptedError();
}
