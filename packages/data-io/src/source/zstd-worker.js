// @ts-check
// Decompresses Zstandard frames off the main thread: fzstd follows damaged sequences wherever they lead, a block of them for ten seconds, and a
// thread can be ended. Plain JavaScript, so that a worker can load it from source and from dist alike.
import { parentPort } from 'node:worker_threads';
import { Decompress } from 'fzstd';

/** @typedef {import('./zstd-thread.ts').ZstdRequest} ZstdRequest */
/** @typedef {import('./zstd-thread.ts').ZstdReply} ZstdReply */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @type {Uint8Array[]} */
let ready = [];
/** @type {Decompress | undefined} */
let frame;

port.on('message', (/** @type {ZstdRequest} */ { pieces, isFrameEnd }) => {
  try {
    // fzstd reuses its window for later output: what it hands out must be copied before the next push.
    frame ??= new Decompress((piece) => void (piece.length > 0 && ready.push(piece.slice())));
    for (const piece of pieces) frame.push(piece);
    if (isFrameEnd) {
      frame.push(new Uint8Array(0), true);
      frame = undefined;
    }
    reply({ pieces: ready });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
  ready = [];
});

/** @param {ZstdReply} message */
function reply(message) {
  port.postMessage(message, 'pieces' in message ? message.pieces.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer)) : []);
}
