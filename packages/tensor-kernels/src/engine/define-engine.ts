import {
  attended,
  attendedAtOnce,
  checkDefinition,
  ContractError,
  describeValue,
  EngineError,
  held,
  type Versioned,
} from '@pharmacist/core';
import { add } from '@tensorflow/tfjs-core';
import { sizeOf, type HostTensor } from '../host-tensor.ts';
import type { CreateEngineOptions, EngineChoice } from './create-engine.ts';
import type { Engine, EngineFunction } from './engine.ts';

/** What an engine is told at its start. */
export type EngineStartOptions = Pick<CreateEngineOptions, 'numThreads' | 'numDevices'>;

/** An engine, as it is written; `defineEngine` makes an `EngineMaker` of it. */
export interface EngineDefinition extends Versioned {
  readonly kind?: 'engine' | undefined;
  readonly name: string;
  /** One line for a list of engines. */
  readonly summary?: string | undefined;
  /** The engine goes by the definition's name. @throws {EngineError} if it does not work here, with what is missing. */
  start(options: EngineStartOptions): Promise<Engine> | Engine;
}

/** An engine that can be asked for by its name. */
export interface EngineMaker {
  readonly kind: 'engine';
  readonly name: string;
  readonly summary: string;
  /** @throws {EngineError} if it does not work here. @throws {ContractError} if what is started is no engine. */
  start(options?: EngineStartOptions): Promise<EngineChoice>;
}

const REQUIRED = { start: 'function' } as const;
const OPTIONAL = { summary: 'string' } as const;
const FUNCTIONS = ['compile', 'upload', 'zeros', 'download', 'usage', 'dispose'] as const satisfies readonly (keyof Engine)[];

/**
 * Holds an engine to the contract: it has every function, adds one and two, and gives tensors whose values fill their shapes.
 * @throws {ContractError} if the definition itself is wrong.
 */
export function defineEngine<const N extends string>(
  definition: EngineDefinition & { readonly name: N },
): EngineMaker & { readonly name: N } {
  const where = checkDefinition('engine', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given' } = definition;
  return held(
    {
      kind: 'engine' as const,
      name,
      summary,
      start: async (options = {}) => {
        const engine = checkedEngine(await attended(where, undefined, async () => await definition.start(options)), { where, name });
        try {
          await probe(engine, where);
        } catch (error) {
          await engine.dispose();
          throw error;
        }
        return { engine, reason: 'asked for' };
      },
    } satisfies EngineMaker,
    definition,
  );
}

function checkedEngine(made: Engine, { where, name }: { where: string; name: string }): Engine {
  if (made === null || typeof made !== 'object') throw new ContractError(`starts ${describeValue(made)}, which is no engine`, { where });
  const missing = FUNCTIONS.find((member) => typeof made[member] !== 'function');
  if (missing !== undefined) {
    throw new ContractError(`starts an engine without ${missing}`, { where, hint: `an engine has the functions ${FUNCTIONS.join(', ')}` });
  }
  const { description, versions, keepsParameters } = made;
  if (typeof description !== 'string' || versions === null || typeof versions !== 'object') {
    const [member, value] = typeof description === 'string' ? ['versions', versions] : ['description', description];
    const hint = 'an engine has a description, a text, and versions, an object of texts';
    throw new ContractError(`starts an engine with ${describeValue(value)} for ${member}`, { where, hint });
  }
  return {
    name,
    description,
    versions,
    ...(keepsParameters !== undefined && { keepsParameters }),
    compile: (programName, program) =>
      checkedProgram(
        attendedAtOnce(where, () => made.compile(programName, program)),
        { where, name: programName },
      ),
    upload: async (tensor, options) => await attended(where, undefined, async () => await made.upload(tensor, options)),
    zeros: async (shape, dtype) => await attended(where, undefined, async () => await made.zeros(shape, dtype)),
    download: async (tensor) =>
      filled(await attended(where, undefined, async () => await made.download(tensor)), 'a resident tensor', where),
    usage: () => attendedAtOnce(where, () => made.usage()),
    dispose: async () => await attended(where, undefined, async () => await made.dispose()),
  };
}

function checkedProgram(made: EngineFunction, { where, name }: { where: string; name: string }): EngineFunction {
  if (made === null || typeof made !== 'object' || typeof made.run !== 'function' || typeof made.cost !== 'function') {
    const hint = 'compile returns an object with functions run(inputs, options) and cost(inputs)';
    throw new ContractError(`compiles ${name} to ${describeValue(made)}, which cannot run`, { where, hint });
  }
  return {
    name,
    cost: async (inputs) => await attended(where, undefined, async () => await made.cost(inputs)),
    run: async (inputs, options) => {
      const outputs = await attended(where, undefined, async () => await made.run(inputs, options));
      if (outputs === null || typeof outputs !== 'object') {
        const hint = 'return tensors by their names';
        throw new ContractError(`gives ${describeValue(outputs)} for the outputs of ${name}`, { where, hint });
      }
      for (const [output, tensor] of Object.entries(outputs)) filled(tensor, `${output} of ${name}`, where);
      return outputs;
    },
  };
}

function filled(tensor: HostTensor, what: string, where: string): HostTensor {
  const hint = 'a tensor has a shape, a dtype, and data with one value an element';
  if (!Array.isArray(tensor?.shape) || !ArrayBuffer.isView(tensor.data)) {
    throw new ContractError(`gives ${describeValue(tensor)} for ${what}`, { where, hint });
  }
  const { shape, data } = tensor;
  if (data.length === sizeOf(shape)) return tensor;
  throw new ContractError(`gives ${data.length} values of the shape [${shape.join(', ')}] for ${what}`, { where, hint });
}

/** A program of one addition: an engine that cannot work says so at the start, and not in the middle of a command. */
async function probe(engine: Engine, where: string): Promise<void> {
  const program = engine.compile('probe', ({ x }) => ({ y: add(x!, 1) }));
  const { y } = await program.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } });
  if (y?.data[1] !== 3) throw new EngineError(`1 + 2 gave ${y?.data[1] ?? 'nothing'}`, { where, hint: 'use --engine onnx' });
}
