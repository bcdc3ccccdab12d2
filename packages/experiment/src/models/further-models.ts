import type { RunInput } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import type { OpenedModel } from '@pharmacist/selector';
import { openSecondModel } from './workbench.ts';

/** Models that a method scores with beside the run's own, open for as long as the run. */
export interface FurtherModels {
  /** For the run's record: what they hold is part of what the results follow from. */
  readonly records: readonly RunInput[];
  /** One of them; giving it back leaves it open. */
  open(name: string): Promise<OpenedModel>;
  /** The name that one was opened by. */
  nameOf(model: LanguageModel): string | undefined;
  dispose(): Promise<void>;
}

/**
 * Opens them before a run's directory is: a mistake in their names ends nothing that has begun.
 * @throws {ModelError} if one cannot be read. @throws {ConfigError} if one has fewer positions than the longest row.
 */
export async function openFurtherModels(
  names: readonly string[],
  { opened, maxLength }: { opened: { model: LanguageModel; openedBy: string }; maxLength: number },
): Promise<FurtherModels> {
  const models = new Map<string, OpenedModel>();
  const dispose = async () => {
    for (const second of models.values()) await second.dispose();
  };
  try {
    for (const name of new Set(names)) {
      const second = await openSecondModel(name, opened);
      models.set(name, second);
      second.model.checkLength(maxLength, '--max-length');
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    records: [...models].map(([source, { model }]) => ({ role: 'scoring model', source, sha256: model.identityHash })),
    nameOf: (model) => [...models].find(([, second]) => second.model === model)?.[0],
    open: async (name) => ({ model: models.get(name)!.model, dispose: async () => undefined }),
    dispose,
  };
}
