import { ConfigError, describeDifference, jsonDifferences, type Reporter } from '@pharmacist/core';

/**
 * Versions decide the last bits of results: another one ends a process's part before it begins. Another kind of machine does, too, unless that was
 * allowed.
 * @throws {ConfigError}
 */
export function assertSameVersions(
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  { mixed, reporter }: { mixed: boolean; reporter: Reporter },
): void {
  const differences = jsonDifferences(expected, found);
  const isMachine = ({ path }: { path: string }) => path === 'machine';
  const wrong = differences.filter((difference) => !isMachine(difference));
  if (wrong.length > 0) {
    throw new ConfigError(`has other versions than the run began with: ${wrong.map(describeDifference).join(', ')}`, {
      where: 'this machine',
      hint: 'install the same version of Node and of pharmacist on every machine, or give the program’s path with --executor-set program=…',
    });
  }
  const [other] = differences.filter(isMachine);
  if (other === undefined) return;
  if (mixed) {
    reporter.warn(`this machine is of another kind than the run began on: ${describeDifference(other)}`);
    return;
  }
  throw new ConfigError(`is of another kind than the run began on, and the last bits may differ: ${describeDifference(other)}`, {
    where: 'this machine',
    hint: 'let machines of one kind work, and give the command there too, or allow it with --executor-set mixed=true',
  });
}
