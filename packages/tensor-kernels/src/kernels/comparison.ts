import { defineKernel } from './kernel.ts';

/** Comparisons of f32 or i32 operands that broadcast, to bool; they have no gradient. */
const OPERATORS = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
} as const;

export const comparisons = Object.entries(OPERATORS).map(([name, operator]) =>
  defineKernel({ name, lower: (graph, { a, b }) => graph.binary(operator, a!, b!, 'bool') }),
);

export const logicalNot = defineKernel({ name: 'LogicalNot', lower: (graph, { x }) => graph.unary('Not', x!) });
