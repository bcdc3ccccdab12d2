// @ts-check
// Decompresses Zstandard frames off the main thread: fzstd follows damaged sequences wherever they lead, a block of them for ten seconds, and a
// thread can be ended. Plain JavaScript, so that a worker can load it from source and from dist alike.
import { parentPort } from 'node:worker_threads';
import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';

/** @typedef {import('./zstd-thread.ts').ZstdRequest} ZstdRequest */
/** @typedef {import('./zstd-thread.ts').ZstdReply} ZstdReply */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { create64 } = await xxhash();
/** @type {Uint8Array[]} */
let ready = [];
/** @type {{ decompressor: Decompress, hash: import('xxhash-wasm').XXHash<bigint> } | undefined} */
let frame;

port.on('message', (/** @type {ZstdRequest} */ { pieces, isFrameEnd, checksum }) => {
  try {
    frame ??= { decompressor: new Decompress(take), hash: create64() };
    for (const piece of pieces) frame.decompressor.push(piece);
    if (isFrameEnd) {
      frame.decompressor.push(new Uint8Array(0), true);
      if (checksum !== undefined && Number(BigInt.asUintN(32, frame.hash.digest())) !== checksum) throw new Error('the checksum is wrong');
      frame = undefined;
    }
    reply({ pieces: ready });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
  ready = [];
});

/** @param {Uint8Array} piece of the window, which later output overwrites. */
function take(piece) {
  if (piece.length === 0) return;
  frame?.hash.update(piece);
  ready.push(piece.slice());
}

/** @param {ZstdReply} message */
function reply(message) {
  port.postMessage(message, 'pieces' in message ? message.pieces.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer)) : []);
}
