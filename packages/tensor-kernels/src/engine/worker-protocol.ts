import type { RowRange } from '../graph/graph.ts';
import type { DType, HalfTensor, HostTensor, Shape } from '../host-tensor.ts';

/** One input of a run: sent along, or resident by id, whole or some of its rows. */
export interface Feed {
  /** In the model. */
  name: string;
  tensor?: HostTensor;
  resident?: number;
  rows?: RowRange;
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
  | { type: 'create'; session: number; model: Uint8Array; outputs: SessionOutput[]; hasArena: boolean; sharesNothing: boolean }
  | { type: 'release'; session: number }
  | { type: 'put'; id: number; tensor: HostTensor | HalfTensor }
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
