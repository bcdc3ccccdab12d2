import type * as ort from 'onnxruntime-node';
import type { HostTensor, Shape } from '../host-tensor.ts';

/** Where a session worker keeps the resident tensors, by id. Calls come one after another; an id that is not there is an error. */
export interface ResidentStore {
  put(id: number, tensor: HostTensor): Promise<void>;
  /** A copy that the caller owns. */
  get(id: number): Promise<HostTensor>;
  /** As an input of a run; valid until the tensor is written or dropped. */
  feed(id: number): ort.Tensor;
  /** @throws if a tensor of this type does not lie within the resident one at `start` along `axis`, every other axis equal. */
  assertFits(id: number, source: { readonly type: string; readonly dims: Shape }, axis: number, start: number): void;
  /** Writes an output of a run, which lies where the store's tensors lie, is given up to it and fits, into a tensor at `start` along `axis`. */
  write(id: number, source: ort.Tensor, axis: number, start: number): Promise<void>;
  drop(id: number): void;
  close(): Promise<void>;
}
