/** Env files of `import`: the lines are read where all env files are read (docs/env-files.md); here a line that is none is a problem. */
import { envItems } from '../templates/template.ts';
import type { OddLine } from '../templates/template.ts';
import type { ReadEntry, ReadProblem } from './entries.ts';

/** @returns with the lines that sh, dotenv and Node do not read alike */
export function readDotenv(text: string): { entries: ReadEntry[]; problems: ReadProblem[]; doubtful: number[] } {
  const entries: ReadEntry[] = [];
  const problems: ReadProblem[] = [];
  const doubtful: number[] = [];
  for (const item of envItems(text)) {
    const { line } = item;
    if (item.kind === 'odd') problems.push({ line, message: MESSAGES[item.why] });
    if (item.kind !== 'assignment') continue;
    entries.push({ name: item.name, value: item.value, line, isLiteral: item.quote === "'" });
    if (!item.isReadAlike) doubtful.push(line);
  }
  return { entries, problems, doubtful };
}

const MESSAGES: Readonly<Record<OddLine, string>> = {
  'no-assignment': 'is not NAME=VALUE',
  'open-quote': 'has a quote that is not closed',
  'text-behind': 'has text after the closing quote, which sh, dotenv and Node read differently',
  'carriage-return': 'has a carriage return in the value',
};
