// @ts-check
// The thread of a decoder process that watches over it, because a decoder that runs on hears no message: ends the process when its memory
// passes the bound (buffers count here, which V8's own limit leaves out), or when the process that asked is gone.
// Plain JavaScript, so that a worker can load it from source and from dist alike.
import { workerData } from 'node:worker_threads';

/** @type {{ maxRssBytes: number }} */
const { maxRssBytes } = workerData;
const WATCH_MS = 25;
const parent = process.ppid;

setInterval(() => {
  if (process.memoryUsage.rss() > maxRssBytes || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, WATCH_MS);
