import { select, type SelectOptions, type SelectResult } from '@pharmacist/experiment';
import { assetsDirectory } from '../assets.ts';
import { withInterrupt } from '../interrupt.ts';
import { createReporter } from '../ui/reporter.ts';

export interface FinishedSelection extends SelectResult {
  /** What the person should know about the result. */
  warnings: string[];
}

/** A selection with progress on standard error that SIGINT stops in good order. */
export async function runSelection(
  options: Omit<SelectOptions, 'assetsDir'>,
  { quiet = false }: { quiet?: boolean | undefined },
): Promise<FinishedSelection> {
  const reporter = await createReporter({ quiet });
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    reporter.warn(message);
  };
  const heard = { warn, info: (message: string) => reporter.info(message), progress: reporter.progress.bind(reporter) };
  const assetsDir = await assetsDirectory();
  try {
    const result = await withInterrupt(
      async (signal) => await select({ ...options, assetsDir, reporter: heard, signal }),
      () => reporter.warn('stopping after the step at work (once more stops at once)'),
    );
    return { ...result, warnings };
  } finally {
    reporter.close();
  }
}
