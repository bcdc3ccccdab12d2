import type * as ort from 'onnxruntime-node';
import type { RowRange } from '../graph/graph.ts';
import type { HalfTensor, HostTensor, Shape } from '../host-tensor.ts';

/** Where a session worker keeps the resident tensors, by id. Calls come one after another; an id that is not there is an error. */
export interface ResidentStore {
  /** @throws for a tensor of sixteen bits where it does not lie in host memory. */
  put(id: number, tensor: HostTensor | HalfTensor): Promise<void>;
  /** A copy that the caller owns. */
  get(id: number): Promise<HostTensor | HalfTensor>;
  /** As an input of a run; valid until the tensor is written or dropped. `rows` of it lie where it lies; only in host memory. */
  feed(id: number, rows?: RowRange): ort.Tensor;
  /** @throws if a tensor of this type does not lie within the resident one at `start` along `axis`, every other axis equal. */
  assertFits(id: number, source: { readonly type: string; readonly dims: Shape }, axis: number, start: number): void;
  /** Writes an output of a run, which lies where the store's tensors lie, is given up to it and fits, into a tensor at `start` along `axis`. */
  write(id: number, source: ort.Tensor, axis: number, start: number): Promise<void>;
  drop(id: number): void;
  close(): Promise<void>;
}
