import type { DType, HostTensor, Shape } from '../host-tensor.ts';

/** How elements lie on the device: those of a frozen weight may be bfloat16 there and float32 for every program. */
export type StoredType = DType | 'bfloat16';

/** One argument of a run: sent along, whole to each device or in equal parts of its first axis, or resident by id. */
export type PjrtFeed = { readonly tensor: HostTensor; readonly isSplit: boolean } | { readonly resident: number };

/** One result of a run: returned, or put in the place of a resident tensor whose buffer it took over. */
export interface PjrtOutput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly into?: number;
}

/** What the main thread asks of the worker; each request is answered once, in order. */
export type PjrtRequest =
  | { readonly type: 'open' }
  | {
      readonly type: 'create';
      readonly session: number;
      /** StableHLO, or what an earlier process made of it. */
      readonly program: { readonly text: string } | { readonly serialized: Uint8Array };
      readonly options: Uint8Array;
      readonly wantsSerialized: boolean;
    }
  | { readonly type: 'release'; readonly session: number }
  | {
      readonly type: 'put';
      readonly id: number;
      readonly shape: Shape;
      readonly stored: StoredType;
      readonly data: HostTensor['data'] | Uint16Array;
    }
  | { readonly type: 'zeros'; readonly id: number; readonly shape: Shape; readonly stored: StoredType }
  | { readonly type: 'get'; readonly id: number }
  | { readonly type: 'drop'; readonly id: number }
  | { readonly type: 'run'; readonly session: number; readonly feeds: readonly PjrtFeed[]; readonly outputs: readonly PjrtOutput[] }
  | { readonly type: 'memory' }
  | { readonly type: 'close' };

/** Answer to `open`. */
export interface PjrtDevice {
  readonly apiVersion: string;
  /** "cuda", "rocm", "cpu". */
  readonly platform: string;
  readonly platformVersion: string;
  readonly deviceKind: string;
  readonly numDevices: number;
}

/** Answer to `create`. */
export interface PjrtCompiled {
  /** Bytes that a run takes beside arguments and results, where the plugin tells. */
  readonly temporaryBytes: number | undefined;
  /** For the cache on disk, where it was asked for and the plugin can. */
  readonly serialized: Uint8Array | undefined;
}

/** Answer to `memory`: what the device's allocator counts, where it counts. */
export interface PjrtMemory {
  readonly bytesInUse: number;
  readonly peakBytesInUse: number | undefined;
  readonly bytesLimit: number | undefined;
}
