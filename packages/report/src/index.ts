export { renderReport } from './render-report.ts';
export type { ReportData, ReportFact, ReportJudge, ReportPool } from './report-data.ts';
