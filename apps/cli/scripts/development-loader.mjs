// Runs the program from source: tsx, and before it what keeps tsx's compiler alive. A package manager or a terminal sends SIGTERM and Ctrl-C to the
// whole group of processes; the compiler ends at once, and the program, which stops in good order, could load no further file.
import { register } from 'node:module';
import './detach-compiler.mjs';

// Files are compiled on Node's thread for loaders, or on this one: that depends on the version.
register('./detach-compiler.mjs', import.meta.url);
await import('tsx');
