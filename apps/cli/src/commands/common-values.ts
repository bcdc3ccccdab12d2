import { ENGINE_CHOICES, TEMPLATE_CHOICES } from '../choices.ts';
import { UsageError } from '../usage-error.ts';
import { checkChoice, checkName, checkWhole } from './check-values.ts';

interface CommonValues {
  readonly model: string;
  readonly revision?: string | undefined;
  readonly seed: number;
  readonly out: string;
  readonly 'take-over'?: boolean | undefined;
  readonly template: string;
  readonly 'max-length': number;
  readonly engine: string;
  /** Plugins, which may bring engines. */
  readonly plugin?: readonly (string | number)[] | undefined;
  readonly threads?: number | undefined;
  readonly devices?: number | undefined;
  readonly map?: string | undefined;
  readonly split?: string | undefined;
  readonly subset?: string | undefined;
  readonly 'skip-invalid'?: boolean | undefined;
  readonly 'allow-little-memory'?: boolean | undefined;
  readonly recompute: string;
}

/** The options of a stage that every command has. @throws {UsageError | ConfigError} naming the option. */
export async function commonOf(values: CommonValues) {
  checkWhole('seed', values.seed, 0);
  checkWhole('max-length', values['max-length'], 2);
  checkWhole('threads', values.threads, 1);
  checkWhole('devices', values.devices, 1);
  return {
    model: await modelOf(values),
    seed: values.seed,
    out: values.out,
    takeOver: values['take-over'] === true,
    template: await checkChoice('template', values.template, TEMPLATE_CHOICES),
    maxLength: values['max-length'],
    engine: await checkName('engine', values.engine, ENGINE_CHOICES, values.plugin),
    numThreads: values.threads,
    numDevices: values.devices,
    allowLittleMemory: values['allow-little-memory'] === true,
    recompute: await checkChoice('recompute', values.recompute, ['auto', 'on', 'off'] as const),
    map: values.map === undefined ? undefined : (await import('@pharmacist/data-io')).parseFieldMap(values.map),
    split: values.split,
    subset: values.subset,
    skipInvalid: values['skip-invalid'] === true,
  };
}

/** A model's name with its revision, where one is given. @throws {UsageError} if the model is none of the Hub. */
export async function modelOf({ model, revision }: Pick<CommonValues, 'model' | 'revision'>): Promise<string> {
  if (revision === undefined) return model;
  const { parseModelName } = await import('@pharmacist/data-io');
  const name = parseModelName(model);
  if (name === undefined || name.revision !== undefined || revision === '') {
    throw new UsageError(
      `--revision ${revision} goes with a model on the Hub, as --model owner/name; ${model} is none, or names its revision already`,
    );
  }
  return `${model}@${revision}`;
}
