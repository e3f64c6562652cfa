/** At the end of a run, one line: the programs for want of which tests were skipped, and how to get them. */
import type { Reporter, TestModule } from 'vitest/node';
import { PROGRAMS } from '../../scripts/test-programs.js';
import type { ProgramName } from '../../scripts/test-programs.js';
import { isHere } from './programs.ts';

/** What the names of skipped tests say that they need, and is not here. @param isMissing asked once a program */
export function missingLine(skipped: readonly string[], isMissing: (name: ProgramName) => boolean): string | null {
  const wanted = skipped.flatMap((name) =>
    [...name.matchAll(/\(needs ([^)]+)\)/g)].flatMap(([, list]) => list!.split(', ')),
  );
  const names = [...new Set(wanted)].toSorted().filter((name): name is ProgramName => Object.hasOwn(PROGRAMS, name));
  const missing = names.filter(isMissing);
  if (missing.length === 0) return null;
  const byHand = missing.filter((name) => PROGRAMS[name].package === undefined);
  const rest = missing.length - byHand.length;
  const how = [
    ...(rest > 0 ? ['npm run test:setup installs them'] : []),
    ...(byHand.length > 0 ? [`by hand, where wanted: ${byHand.join(', ')}`] : []),
  ];
  return `Skipped, for want of ${missing.join(', ')} (${how.join('; ')})`;
}

export class MissingPrograms implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map(({ fullName }) => fullName),
    );
    const line = missingLine(skipped, (name) => !isHere(name));
    if (line !== null) process.stdout.write(`\n${line}\n`);
  }
}
