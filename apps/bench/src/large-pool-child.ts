/** Ranks a pool that is larger than memory would hold, with a stub in the place of the network, and reports what this process took; the large-pools suite starts it. */
import { once } from 'node:events';
import { select, type SelectOptions } from '@pharmacist/experiment';
import { LanguageModel } from '@pharmacist/language-model';
import { createEngine } from '@pharmacist/tensor-kernels';
import { stubEngine, withStubTokenizer } from './stub-model.ts';

export interface LargePoolTask extends Pick<
  SelectOptions,
  'alignment' | 'harmful' | 'validation' | 'method' | 'methodOptions' | 'filters' | 'keep' | 'out'
> {
  readonly model: string;
}

export interface LargePoolReport {
  readonly processorSeconds: number;
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Batches that the stub answered. */
  readonly numRuns: number;
  readonly numRows: number;
  /** Seconds of the run's phases. */
  readonly phases: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
}

const [task] = (await once(process, 'message')) as [LargePoolTask];
const startedMs = performance.now();
const choice = await createEngine({ name: 'onnx' });
const { engine, counts } = stubEngine(choice.engine);
const model = withStubTokenizer(await LanguageModel.load(task.model, engine));
const { record, numRows } = await select(
  { ...task, seed: 0, template: 'plain', batchSize: 128, maxLength: 64 },
  { model, choice: { ...choice, engine } },
);
const { user, system } = process.cpuUsage();
const report: LargePoolReport = {
  processorSeconds: (user + system) / 1e6,
  seconds: (performance.now() - startedMs) / 1000,
  // Linux and macOS report it through libuv in KiB.
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
  numRuns: counts.runs,
  numRows,
  phases: record.timing.phases,
  versions: record.versions,
};
await choice.engine.dispose();
process.send!(report);
