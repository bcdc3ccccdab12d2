#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';
import { INTERRUPTED_STATUS } from './interrupted-status.ts';

// A reader that has seen enough (`| head`) closes the pipe: that ends no work, and the status stays the command's own.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const status = await runCommandLine(process.argv.slice(2));
if (status !== 0) process.exitCode = status;
// What a plugin left open may not keep a command that was interrupted.
if (status === INTERRUPTED_STATUS) process.exit();
