import { z } from 'zod';

/** Name of an entry of a configuration; it becomes part of file names. */
export const entryLabel = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,40}$/, 'expected up to 41 of a-z, 0-9, dot, dash and underline');
