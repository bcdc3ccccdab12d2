import { paint } from './style.ts';

export function demoIntroduction(): string {
  return (
    `${paint('bold', 'Pharmacist demo', process.stderr)}\n` +
    '400 rows of public data: 160 good ones (refusals of harmful requests) hidden among mislabelled,\n' +
    'benign and low-quality rows. A selector trained on a small bundled model ranks them without\n' +
    'knowing which is which (its bundled words, which learned from such rows, are left out). The rows\n' +
    'come from public safety data and hold harmful text; the demo prints none of it.\n\n'
  );
}

/** @param data folder of the bundled rows, as the person would type it. @param out folder of the results, likewise. */
export function demoEpilogue(data: string, out: string): string {
  const commands = [
    [`pharmacist inspect ${data}/alignment.jsonl`, 'what a file of rows holds'],
    [`pharmacist select --alignment ${data}/alignment.jsonl --method random --out ${out}-random`, 'the same table for a random ranking'],
    ['pharmacist select --alignment your-rows.jsonl --harmful harmful.jsonl --validation trusted.jsonl --out run', 'your own rows'],
  ];
  const lines = commands.map(([command, purpose]) => `  ${paint('dim', `# ${purpose}`, process.stdout)}\n  ${command}`);
  return `\n${paint('bold', 'Next', process.stdout)}\n${lines.join('\n')}\n`;
}
