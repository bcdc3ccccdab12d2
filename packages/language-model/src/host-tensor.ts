/** A dense row-major tensor in the memory of this thread; `data.length` is the product of `shape`. Same form as in tensor-kernels. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: Float32Array | Int32Array;
}
