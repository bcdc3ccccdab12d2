import { DecoderClient } from './decoder-client.ts';

/** Files are often read one after another: a process that has nothing to do is kept for this long. */
const IDLE_MS = 2000;

let idle: { decoder: DecoderClient; timer: NodeJS.Timeout } | undefined;

/** A decoder process with this bound on its memory that has nothing else to do. */
export function takeDecoder(maxMegabytes: number): DecoderClient {
  const kept = idle;
  idle = undefined;
  clearTimeout(kept?.timer);
  if (kept?.decoder.maxMegabytes === maxMegabytes && !kept.decoder.hasEnded) return kept.decoder;
  kept?.decoder.kill();
  return new DecoderClient(maxMegabytes);
}

/** Takes back a decoder that has answered all it was asked. */
export function giveBackDecoder(decoder: DecoderClient): void {
  if (idle !== undefined) return decoder.kill();
  const timer = setTimeout(() => {
    idle = undefined;
    decoder.kill();
  }, IDLE_MS);
  idle = { decoder, timer: timer.unref() };
}
