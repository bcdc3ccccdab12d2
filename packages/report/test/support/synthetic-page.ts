import { renderReport } from '../../src/render-report.ts';
import { syntheticReport } from './synthetic-report.ts';

let page: Promise<string> | undefined;

/** The page of `syntheticReport()`, drawn once for all test files of a process: most of a second. */
export async function syntheticPage(): Promise<string> {
  return await (page ??= renderReport(syntheticReport()));
}
