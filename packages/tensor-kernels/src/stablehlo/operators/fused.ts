import { floatAttribute, operand, type OperatorTable } from './operator.ts';

/** Operators that ONNX Runtime has as one and XLA fuses by itself. */
export const fused: OperatorTable = {
  /** Root-mean-square normalisation over the last axis: y and the reciprocal deviation. */
  SimplifiedLayerNormalization: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const weight = operand(emitter, operation, 1);
    const last = x.shape.length - 1;
    const kept = x.shape.with(last, 1);
    const sum = emitter.reduceKeeping('add', emitter.binary('multiply', x, x), [last]);
    const mean = emitter.binary('divide', sum, emitter.fill(x.shape[last]!, kept, 'f32'));
    const inverse = emitter.unary(
      'rsqrt',
      emitter.binary('add', mean, emitter.fill(floatAttribute(operation, 'epsilon', 1e-5), kept, 'f32')),
    );
    return [emitter.binary('multiply', emitter.binary('multiply', x, inverse, x.shape), weight, x.shape), inverse];
  },

  /** Half-split rotary embedding of [B, H, T, D] by tables [C, D / 2], as kernels/rotary.ts writes it in plain ops. */
  RotaryEmbedding: (emitter, operation) => {
    const [x, positions, cos, sin] = [0, 1, 2, 3].map((index) => operand(emitter, operation, index)) as [
      ReturnType<typeof operand>,
      ReturnType<typeof operand>,
      ReturnType<typeof operand>,
      ReturnType<typeof operand>,
    ];
    const [batch, heads, length, size] = x.shape as [number, number, number, number];
    const half = size / 2;
    const shape = [batch, heads, length, half];
    const rows = (table: typeof cos) => {
      const types = `(${typeOf(table)}, ${typeOf(positions)}) -> tensor<${batch}x${length}x${half}xf32>`;
      const numbers = `#stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>`;
      const gathered = emitter.emit(
        `"stablehlo.gather"(${table.name}, ${positions.name}) <{dimension_numbers = ${numbers}, slice_sizes = array<i64: 1, ${half}>, indices_are_sorted = false}> : ${types}`,
        [batch, length, half],
        'f32',
      );
      return emitter.broadcastAlong(gathered, shape, [0, 2, 3]);
    };
    const [c, s] = [rows(cos), rows(sin)];
    const a = emitter.slice(x, [0, 0, 0, 0], shape);
    const b = emitter.slice(x, [0, 0, 0, half], [batch, heads, length, size]);
    const first = emitter.binary('subtract', emitter.binary('multiply', a, c), emitter.binary('multiply', b, s));
    const second = emitter.binary('add', emitter.binary('multiply', b, c), emitter.binary('multiply', a, s));
    return emitter.concatenate([first, second], 3);
  },
};

function typeOf({ shape, type }: { shape: readonly number[]; type: string }): string {
  return `tensor<${[...shape, type].join('x')}>`;
}
