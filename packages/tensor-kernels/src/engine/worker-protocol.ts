import type { DType, HostTensor, Shape } from '../host-tensor.ts';

/** One input of a run: sent along, or resident by id. */
export interface Feed {
  name: string;
  tensor?: HostTensor;
  resident?: number;
}

/** One output of a session. */
export interface SessionOutput {
  name: string;
  /** In the model. */
  tensorName: string;
  shape: number[];
  dtype: DType;
  /** Left on the device by every run, which then writes it into a resident tensor; the others are written or returned. */
  isKept: boolean;
}

/** What the main thread asks of the session worker; each request is answered once, in order. */
export type WorkerRequest =
  | { type: 'create'; session: number; model: Uint8Array; outputs: SessionOutput[]; hasArena: boolean }
  | { type: 'release'; session: number }
  | { type: 'put'; id: number; tensor: HostTensor }
  | { type: 'zeros'; id: number; shape: Shape; dtype: DType }
  | { type: 'get'; id: number }
  | { type: 'drop'; id: number }
  | { type: 'run'; session: number; feeds: Feed[]; writes: Record<string, { into: number; axis: number; start: number }> }
  | { type: 'close' };

export interface WorkerReply {
  call: number;
  value?: unknown;
  error?: string;
}
