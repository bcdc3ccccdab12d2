/** Runs one selection and reports the peak of this process; the memory suite starts it. */
import { once } from 'node:events';
import { select } from '@pharmacist/experiment';

export interface MemoryTask {
  readonly alignment: string;
  readonly harmful: string;
  readonly model: string;
  readonly out: string;
  readonly numRows: number;
  readonly batchSize: number;
  readonly maxLength: number;
  readonly methodOptions: Readonly<Record<string, unknown>>;
}

export interface MemoryReport {
  readonly peakRssBytes: number;
  readonly tokensPerSecond: number;
  readonly versions: Readonly<Record<string, string>>;
}

const [task] = (await once(process, 'message')) as [MemoryTask];
const { numRows: _, ...options } = task;
const { record } = await select({ ...options, method: 'bilevel', keep: 0.4, seed: 0, engine: 'onnx' });
const report: MemoryReport = {
  // Linux and macOS report it through libuv in KiB.
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
  tokensPerSecond: (record.passes['backwardRows']! * task.maxLength) / record.timing.phases['rank']!,
  versions: record.versions,
};
process.send!(report);
