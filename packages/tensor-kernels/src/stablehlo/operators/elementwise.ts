import type { Comparison } from '../emitter.ts';
import { operand, type Operator, type OperatorTable } from './operator.ts';

const UNARY = {
  Abs: 'abs',
  Neg: 'negate',
  Exp: 'exponential',
  Log: 'log',
  Sqrt: 'sqrt',
  Sigmoid: 'logistic',
  Sin: 'sine',
  Cos: 'cosine',
  Tanh: 'tanh',
  Not: 'not',
} as const;

const BINARY = {
  Add: 'add',
  Sub: 'subtract',
  Mul: 'multiply',
  Div: 'divide',
  Pow: 'power',
  Max: 'maximum',
  Min: 'minimum',
  And: 'and',
  Or: 'or',
} as const;

const COMPARISONS: Record<string, Comparison> = { Equal: 'EQ', Greater: 'GT', GreaterOrEqual: 'GE', Less: 'LT', LessOrEqual: 'LE' };

const unary =
  (name: string): Operator =>
  (emitter, operation) =>
    emitter.unary(name, operand(emitter, operation, 0));

const binary =
  (name: string): Operator =>
  (emitter, operation) =>
    emitter.binary(name, operand(emitter, operation, 0), operand(emitter, operation, 1), operation.results[0]!.shape);

const comparison =
  (direction: Comparison): Operator =>
  (emitter, operation) =>
    emitter.compare(direction, operand(emitter, operation, 0), operand(emitter, operation, 1), operation.results[0]!.shape);

/** Element by element; operands broadcast. */
export const elementwise: OperatorTable = {
  ...Object.fromEntries(Object.entries(UNARY).map(([name, op]) => [name, unary(op)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, op]) => [name, binary(op)])),
  ...Object.fromEntries(Object.entries(COMPARISONS).map(([name, direction]) => [name, comparison(direction)])),
  Reciprocal: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    return emitter.binary('divide', emitter.fill(1, x.shape, x.type), x);
  },
  Relu: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    return emitter.binary('maximum', x, emitter.fill(0, x.shape, x.type));
  },
  /** CHLO is the dialect of StableHLO's authors for functions that compilers expand by themselves. */
  Erf: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const type = `tensor<${[...x.shape, x.type].join('x')}>`;
    return emitter.emit(`chlo.erf ${x.name} : ${type} -> ${type}`, x.shape, x.type);
  },
  Where: (emitter, operation) =>
    emitter.select(
      operand(emitter, operation, 0),
      operand(emitter, operation, 1),
      operand(emitter, operation, 2),
      operation.results[0]!.shape,
    ),
  Cast: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const { type } = operation.results[0]!;
    return type === 'i1' ? emitter.compare('NE', x, emitter.fill(0, x.shape, x.type)) : emitter.convert(x, type);
  },
};
