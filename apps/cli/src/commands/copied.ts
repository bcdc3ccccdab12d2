import type { StageSurroundings } from './run-stage.ts';
import { text } from './shared-options.ts';

export const copyOption = {
  'copy-to': text('prefix in an object store that the finished results are copied to: s3://bucket/prefix'),
} as const;

/** Does the work of a stage and copies its results to `place`, which is looked at before the work begins; without one it only works. */
export async function copied<T extends { readonly out: string; readonly record: { readonly status: string } }>(
  place: string | undefined,
  { reporter, signal }: Pick<StageSurroundings, 'reporter' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  if (place === undefined) return await work();
  const { ResultCopier } = await import('@pharmacist/experiment');
  const copier = await ResultCopier.open(place, { env: process.env, reporter, signal });
  const result = await work();
  // A run that was only prepared has no results.
  if (result.record.status !== 'done') return result;
  const { numFiles } = await copier.copy(result.out);
  reporter.info(`${numFiles} files are at ${place}`);
  return result;
}
