import { elementwise } from './elementwise.ts';
import { fused } from './fused.ts';
import { indexing } from './indexing.ts';
import { matMuls } from './mat-mul.ts';
import type { OperatorTable } from './operator.ts';
import { reductions } from './reduction.ts';
import { shape } from './shape.ts';

/** Every operator that kernels record, by its name in the graph. */
export const OPERATORS: OperatorTable = { ...elementwise, ...fused, ...indexing, ...matMuls, ...reductions, ...shape };
