import { readJson, type RunDirectory, type RunRecord, silentReporter, Stopwatch, writeJsonAtomic } from '@pharmacist/core';
import { writeJsonl } from '@pharmacist/data-io';
import { GENERATION_VERSION, type LanguageModel, promptTemplate } from '@pharmacist/language-model';
import type { Judge, Verdict } from '@pharmacist/metrics';
import { checkAdapterTemplates } from '../models/adapter-templates.ts';
import { adapterChain, withAdapters } from '../models/adapters.ts';
import { openStage } from '../every-stage/open-stage.ts';
import { definedOnly } from '../every-stage/options.ts';
import { resolveTemplate } from '../models/template.ts';
import { withWorkbench, type Workbench } from '../models/workbench.ts';
import { AnswerCache } from './answer-cache.ts';
import { type AnsweredSets, answerSets } from './answer-sets.ts';
import { assertComplete } from './completeness.ts';
import { countPassesIn } from './count-passes.ts';
import { judgeAnswers } from './judge-answers.ts';
import { judgeModels, parseJudges, withJudges, withoutEffort } from './judges.ts';
import { marginOf, perplexityOf, type ScoredTexts, tokenizeInputs } from './likelihoods.ts';
import { EVALUATE_DEFAULTS, type EvaluateOptions } from './options.ts';
import { type EvaluateInputs, readEvaluateInputs } from './read-inputs.ts';
import { warnOfEmpty } from './empty-answers.ts';
import { scoreSets, type Scores } from './scores.ts';
import { truncatedRows } from './truncated-rows.ts';

const GENERATIONS = 'generations.jsonl';
const SCORES = 'scores.json';
/** Checkpoint of what is known of the answers beside themselves. */
const ANSWERED = 'answered';

export interface EvaluateResult {
  readonly out: string;
  readonly files: { readonly generations: string; readonly scores: string; readonly record: string };
  readonly scores: Scores;
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
}

/**
 * Measures a model: harmful score, fine-tune accuracy, over-refusal, margin and perplexity, each where a file for it is given. Writes the
 * run directory: generations.jsonl, scores.json, run.json.
 * @param opened a model that is open already; otherwise `options.model` is opened for this run.
 * @throws {IncompleteError} if a judge could not be asked about some answers or answered nonsense: the rest is written, and the same
 * command asks again; what it refused for good is no such answer. @throws {PharmacistError} for every mistake in options, rows, model or directory, before anything is written.
 */
export async function evaluate(options: EvaluateOptions, opened?: Workbench): Promise<EvaluateResult> {
  const stopwatch = new Stopwatch();
  const { reporter = silentReporter, signal, out } = options;
  const asked = { ...EVALUATE_DEFAULTS, ...definedOnly(options) };
  const choices = parseJudges(options.judges ?? [{ name: EVALUATE_DEFAULTS.judge }], '--judge', options.catalog);
  const inputs = await readEvaluateInputs(options);
  const applied = await adapterChain(options.adapters ?? [], { reporter, signal });
  const adapters = applied.dirs;
  stopwatch.lap('read');
  return await withWorkbench(options, opened, async (workbench) => {
    const { model: base, choice } = workbench;
    const { engine } = choice;
    const settings = { ...asked, template: resolveTemplate(asked.template, base, reporter) };
    const { maxLength, maxNewTokens } = settings;
    base.checkLength(maxLength, '--max-length');
    base.checkNewTokens(maxNewTokens, '--max-new-tokens');
    await checkAdapterTemplates(adapters, { model: base, template: settings.template, allowOther: options.allowOtherTemplate, reporter });
    return await withAdapters(base, adapters, async (model) => {
      stopwatch.lap('load');
      const { task } = inputs;
      const texts = tokenizeInputs(inputs, { model, template: settings.template, maxLength }, options);
      stopwatch.lap('tokenise');
      const context = { engine: async () => await Promise.resolve(engine), env: options.env ?? {}, reporter };
      // Before the directory is opened: a judge that cannot be made leaves nothing that the corrected command would have to be another run of.
      return await withJudges(
        inputs.harmfulPrompts === undefined ? [] : choices,
        context,
        async (judges) => {
          stopwatch.lap('load');
          const run = await openStage(options, {
            command: 'evaluate',
            config: {
              judges: withoutEffort(choices, options.catalog),
              task: task === undefined ? null : { form: task.task.name, variant: task.variant, labels: task.task.labels ?? null },
              maxNewTokens,
              limit: options.limit ?? null,
              batchSize: settings.batchSize,
            },
            settings,
            inputs: [...inputs.records, ...judgeModels(judges)],
            workbench,
            adapters: { ...applied, sha256: model.contentHash },
            resultFiles: [GENERATIONS, SCORES],
            stopwatch,
          });
          const files = { generations: run.file(GENERATIONS), scores: run.file(SCORES), record: run.file('run.json') };
          if (run.isComplete) {
            return { out, files, scores: (await readJson(files.scores)) as Scores, record: run.record, wasComplete: true };
          }
          try {
            const { scores, verdicts } = await measure(run, { model, inputs, texts, judges, settings, options });
            await writeJsonAtomic(files.scores, scores);
            warnOfEmpty(scores, reporter);
            assertComplete(scores, verdicts, { run, reporter });
            await run.complete({ ...scores });
            return { out, files, scores, record: run.record, wasComplete: false };
          } catch (error) {
            await run.fail(error);
            throw error;
          }
        },
        options.catalog,
      );
    });
  });
}

interface Measurement {
  readonly model: LanguageModel;
  readonly inputs: EvaluateInputs;
  readonly texts: ScoredTexts;
  readonly judges: readonly Judge[];
  readonly settings: { readonly template: string; readonly maxLength: number; readonly maxNewTokens: number; readonly batchSize: number };
  readonly options: EvaluateOptions;
}

interface Measured {
  readonly scores: Scores;
  readonly verdicts: ReadonlyMap<Judge, readonly Verdict[]>;
}

async function measure(run: RunDirectory, { model, inputs, texts, judges, settings, options }: Measurement): Promise<Measured> {
  const { reporter = silentReporter, signal, seed } = options;
  const template = promptTemplate(settings.template, model.tokenizer);
  const common = { model, template, count: countPassesIn(run), reporter, signal };
  const cacheDir = options.cacheDir ?? `${run.stateDir}/answers`;
  const made = { modelHash: model.identityHash, engine: model.engine.name, generation: GENERATION_VERSION };
  const openCache = async (maxNewTokens: number) =>
    await AnswerCache.open({ dir: cacheDir, writer: options.cacheWriter }, { ...made, maxNewTokens }, reporter);
  // Answers outlive an attempt in the cache; so must the passes that were counted for them.
  await run.loadState(ANSWERED);
  const onKept = async () => await run.saveState(ANSWERED, { meta: {}, arrays: {} });
  const answered = await run.phase('generate', async () => await answerSets(inputs, { ...settings, ...common, openCache, onKept }));
  for (const [role, numTruncated] of truncatedRows(inputs, answered, texts)) run.setInputCounts(role, { numTruncated });
  const verdicts = await run.phase('judge', async () => {
    const given = new Map<Judge, Verdict[]>();
    for (const judge of judges) given.set(judge, await judgeAnswers(judge, answered.harmful, { run, reporter, signal }));
    return given;
  });
  const likelihoods = await run.phase('likelihoods', async () => ({
    margin: texts.pairs && (await marginOf(texts.pairs, { ...settings, ...common, seed })),
    perplexity: texts.plainText && (await perplexityOf(texts.plainText, { ...settings, ...common, seed })),
  }));
  await run.phase('write', async () => await writeGenerations(run.file(GENERATIONS), answered, verdicts));
  return { scores: { ...scoreSets(answered, verdicts, inputs.task), ...likelihoods }, verdicts };
}

/** One line an answer: which set it belongs to, the prompt, the answer, and what each judge said or how the task marked it. */
async function writeGenerations(path: string, answered: AnsweredSets, verdicts: ReadonlyMap<Judge, readonly Verdict[]>): Promise<void> {
  const harmful = answered.harmful.map((item, i) => ({
    set: 'harmful',
    ...item,
    verdicts: Object.fromEntries([...verdicts].map(([{ name }, given]) => [name, given[i]!])),
  }));
  const rows = [
    ...harmful,
    ...answered.overRefusal.map((item) => ({ set: 'overRefusal', ...item })),
    ...answered.task.map((item) => ({ set: 'task', ...item })),
  ];
  await writeJsonl(
    path,
    rows.map((fields) => ({ fields })),
  );
}
