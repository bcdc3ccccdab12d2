/**
 * What becomes of output that nobody takes. A reader that has seen enough (`| head`) closes the pipe: that ends no work, and the status stays the
 * command's own. Results that could not be written for another reason, as on a full disk, are told of and are no success.
 */
export function watchOutput(): void {
  let isTold = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isTold) return;
    isTold = true;
    void tellUnwritten(error);
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => {});
}

async function tellUnwritten(error: Error): Promise<void> {
  const [{ asFileError }, { exitOf }] = await Promise.all([import('@pharmacist/core'), import('./exit.ts')]);
  const failure = asFileError(error, 'standard output', 'written');
  const { status, message } = await exitOf(failure, { isDebug: false, command: undefined, words: [], commands: [], options: [] });
  process.exitCode = status;
  process.stderr.write(`${message}\n`);
}
