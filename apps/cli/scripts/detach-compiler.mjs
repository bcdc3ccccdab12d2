// Gives esbuild's service a group of its own. It still ends with the program: its input ends then.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const { spawn } = childProcess;
childProcess.spawn = (command, args, options) => {
  const isService = Array.isArray(args) && args.some((arg) => String(arg).startsWith('--service='));
  // On Windows there are no such groups, and a detached process would open a window.
  return spawn(command, args, isService && process.platform !== 'win32' ? { ...options, detached: true } : options);
};
syncBuiltinESMExports();
