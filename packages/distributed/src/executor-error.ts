import { type ErrorFields, PharmacistError } from '@pharmacist/core';

/** The engine that runs the tasks cannot be reached, or refuses. */
export class ExecutorError extends PharmacistError {
  constructor(what: string, fields: Omit<ErrorFields, 'code'> = {}) {
    super(what, { code: 'E_EXECUTOR', ...fields });
  }
}
