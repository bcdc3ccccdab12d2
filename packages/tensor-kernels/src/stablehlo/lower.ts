import { InternalError, ShapeError } from '@pharmacist/core';
import type { GraphDType, Value } from '../graph/graph.ts';
import type { Schedule, ScheduledNode } from '../graph/passes.ts';
import { type Shape, sizeOf } from '../host-tensor.ts';
import { ELEMENT_TYPE, Emitter, type ElementType, type MatMulPrecision, type Term, typeText } from './emitter.ts';
import { OPERATORS } from './operators/index.ts';

/** An output that goes into a resident tensor instead of back to the caller. */
export interface ResidentWrite {
  /** Output of the program. */
  readonly output: string;
  /** The input through which the tensor is read as well; left out where the program only writes it. */
  readonly input?: string;
  /** Of the resident tensor. */
  readonly shape: Shape;
  readonly axis: number;
}

export interface StableHloOptions {
  readonly precision?: MatMulPrecision;
  /** Inputs that are kept as bfloat16 while the graph takes them for float32. */
  readonly halfInputs?: ReadonlySet<string>;
  readonly writes?: readonly ResidentWrite[];
  /** Devices that share the work; the compiler divides it (GSPMD) by how inputs lie. */
  readonly numDevices?: number;
  /** Inputs of which each device has an equal part of the first axis; all others are whole on each. */
  readonly splitInputs?: ReadonlySet<string>;
}

/** A parameter of the compiled function: an input of the program, a tensor that is only written, or where writes start. */
export type Parameter =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'written'; readonly output: string }
  | { readonly kind: 'start'; readonly output: string };

export interface StableHloModule {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** In their order: those that are returned, and those that are written into a resident tensor. */
  readonly results: readonly ModuleResult[];
}

export interface ModuleResult {
  readonly name: string;
  /** Of the program's output, whether it is returned or becomes a slice of a resident tensor. */
  readonly shape: Shape;
  readonly dtype: GraphDType;
  readonly isWritten: boolean;
}

/** Parameters are named by number: names of programs may hold any character. */
interface Signature {
  readonly numDevices: number;
  readonly parameters: Parameter[];
  readonly declarations: string[];
}

/**
 * Writes a schedule as a StableHLO module of one function with static shapes. An output that is written into a resident tensor becomes an
 * update of that tensor's slice, which shares its memory (a donated buffer); one of the tensor's own shape replaces it whole.
 */
export function lowerToStableHlo({ nodes, results }: Schedule, options: StableHloOptions = {}): StableHloModule {
  const { precision = 'float32', halfInputs = new Set(), writes = [], numDevices = 1, splitInputs = new Set() } = options;
  const emitter = new Emitter(precision);
  const terms = new Map<Value, Term>();
  const signature: Signature = { numDevices, parameters: [], declarations: [] };
  const resultIndex = new Map(results.map(({ name }, index) => [name, index]));
  const aliasOf = new Map(writes.flatMap(({ input, output }) => (input === undefined ? [] : [[input, resultIndex.get(output)!] as const])));
  const parameterOf = new Map<string, Term>();
  for (const node of nodes) {
    const [value] = node.outputs;
    if (node.node.kind === 'input') {
      const type = halfInputs.has(node.name) ? 'bf16' : ELEMENT_TYPE[value!.dtype];
      const placed = { alias: aliasOf.get(node.name), isSplit: splitInputs.has(node.name) };
      const term = declare(signature, { kind: 'input', name: node.name }, value!.shape, type, placed);
      parameterOf.set(node.name, term);
      terms.set(value!, term);
    } else if (node.node.kind === 'constant') terms.set(value!, emitter.constant(node.node.constant!, value!.shape, value!.dtype));
    else lowerOperation(emitter, node, terms);
  }
  const outputs = results.map(({ name, value }) => {
    const term = emitter.wide(terms.get(value)!);
    const write = writes.find(({ output }) => output === name);
    const result = { name, shape: term.shape, dtype: value.dtype, isWritten: write !== undefined };
    return { result, term: write === undefined ? term : update(write, term) };
  });

  function update(write: ResidentWrite, term: Term): Term {
    const index = resultIndex.get(write.output)!;
    checkFit(write, term);
    const declared = write.input === undefined ? undefined : parameterOf.get(write.input);
    const whole = write.shape[write.axis] === term.shape[write.axis];
    const parameter: Parameter =
      write.input === undefined ? { kind: 'written', output: write.output } : { kind: 'input', name: write.input };
    const target = declared ?? declare(signature, parameter, write.shape, term.type, { alias: index });
    if (whole) return term;
    const start = declare(signature, { kind: 'start', output: write.output }, [], 'i32');
    const zero = emitter.fill(0, [], 'i32');
    const starts = write.shape.map((_, axis) => (axis === write.axis ? start : zero));
    const types = `(${[target, term, ...starts].map(typeText).join(', ')}) -> ${typeText(target)}`;
    const operands = [target, term, ...starts].map((operand) => operand.name).join(', ');
    return emitter.emit(`stablehlo.dynamic_update_slice ${operands} : ${types}`, target.shape, target.type);
  }

  return {
    text: moduleText(signature, emitter.body, outputs),
    parameters: signature.parameters,
    results: outputs.map(({ result }) => result),
  };
}

function checkFit({ output, shape, axis }: ResidentWrite, { shape: part }: Term): void {
  const fits = part.length === shape.length && part.every((dim, i) => (i === axis ? dim <= shape[i]! : dim === shape[i]));
  if (!fits)
    throw new ShapeError(
      `the output ${output} [${part.join(', ')}] does not fit along axis ${axis} of a resident tensor [${shape.join(', ')}]`,
    );
}

function declare(
  signature: Signature,
  parameter: Parameter,
  shape: Shape,
  type: ElementType,
  { alias, isSplit = false }: { alias?: number | undefined; isSplit?: boolean } = {},
): Term {
  const term = { name: `%arg${signature.parameters.length}`, shape, type };
  const attributes = [
    ...(alias === undefined ? [] : [`tf.aliasing_output = ${alias} : i32`]),
    ...(signature.numDevices === 1 ? [] : [sharding(shape, isSplit ? signature.numDevices : 1)]),
  ];
  signature.parameters.push(parameter);
  signature.declarations.push(`${term.name}: ${typeText(term)}${braced(attributes)}`);
  return term;
}

/** How a tensor lies on the devices: whole on each, or its first axis in equal parts. */
function sharding(shape: Shape, parts: number): string {
  const tiles = [parts, ...Array<number>(Math.max(0, shape.length - 1)).fill(1)].join(',');
  return `mhlo.sharding = "${parts === 1 ? '{replicated}' : `{devices=[${tiles}]<=[${parts}]}`}"`;
}

function braced(attributes: readonly string[]): string {
  return attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`;
}

function moduleText({ declarations, numDevices }: Signature, body: string, outputs: readonly { term: Term }[]): string {
  const types = outputs.map(({ term }) => typeText(term)).join(', ');
  const placed = outputs.map(({ term }) => typeText(term) + braced(numDevices === 1 ? [] : [sharding(term.shape, 1)])).join(', ');
  const names = outputs.map(({ term }) => term.name).join(', ');
  return [
    'module @program {',
    `  func.func public @main(${declarations.join(', ')}) -> (${placed}) {`,
    body,
    `    return ${names} : ${types}`,
    '  }',
    '}',
    '',
  ].join('\n');
}

function lowerOperation(emitter: Emitter, { name, attributes, inputs, outputs }: ScheduledNode, terms: Map<Value, Term>): void {
  const operator = OPERATORS[name];
  if (operator === undefined) throw new InternalError(`the operator ${name} has no lowering to StableHLO`);
  const results = operator(emitter, {
    name,
    attributes,
    operands: inputs.map((value) => value && terms.get(value)),
    constant: (index) => elementsOf(inputs[index]),
    results: outputs.map(({ shape, dtype }) => ({ shape, type: ELEMENT_TYPE[dtype] })),
  });
  (Array.isArray(results) ? (results as Term[]) : [results as Term]).forEach((term, i) => terms.set(outputs[i]!, term));
}

/** The elements of a small constant: what axes, shapes and starts are given by. */
function elementsOf(value: Value | undefined): readonly number[] | undefined {
  const constant = value?.node.constant;
  if (value === undefined || constant === undefined) return undefined;
  return 'values' in constant ? Array.from(constant.values) : Array<number>(sizeOf(value.shape)).fill(constant.fill);
}
