import type { Reporter, RunInput } from '@pharmacist/core';

/**
 * Says of a split or a subset that it was given for nothing: every source of rows is a file that was named by itself, and these have none.
 * @param inputs what was read, for the record.
 */
export function warnOfUnusedChoice(
  { split, subset }: { readonly split?: string | undefined; readonly subset?: string | undefined },
  inputs: readonly RunInput[],
  reporter: Reporter,
): void {
  const rows = inputs.filter(({ numRead }) => numRead !== undefined);
  if (rows.length === 0 || !rows.every(isOfNamedFiles)) return;
  const given = { '--split': split, '--subset': subset };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    reporter.warn(
      `${option} ${value} changes nothing: it chooses among the files of a data set, and the files here are named one by one (${rows[0]!.source}). ` +
        'Fix: leave it out, or name the folder or the data set on the Hub',
    );
  }
}

/** A folder, a pattern and a data set are read by other names than their own. */
function isOfNamedFiles({ source, files }: RunInput): boolean {
  return files === undefined || files.map((file) => file.source).join(', ') === source;
}
