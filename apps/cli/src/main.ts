#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';
import { INTERRUPTED_STATUS } from './interrupted-status.ts';
import { watchOutput } from './output-errors.ts';

watchOutput();
const status = await runCommandLine(process.argv.slice(2));
if (status !== 0) process.exitCode = status;
// What a plugin left open may not keep a command that was interrupted.
if (status === INTERRUPTED_STATUS) process.exit();
