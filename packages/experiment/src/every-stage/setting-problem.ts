import { describeValue } from '@pharmacist/core';
import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'settings by name',
  record: 'settings by name',
};

/** Words for a setting that is missing or of another kind, to parse settings with; what a schema has words of its own for keeps them. */
export const settingProblem: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'is missing';
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  return kind === undefined ? undefined : `expected ${kind}, got ${describeValue(issue.input)}`;
};
