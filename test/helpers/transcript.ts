/**
 * Sessions that stand in Markdown: `console` blocks, whose lines that begin with `$ ` are typed and whose other lines are printed. `…` stands for
 * a part of a line that differs each time, and alone on a line for any lines. A comment `<!-- test: COMMAND -->` is typed too, by the test alone:
 * what a reader does elsewhere, such as on a provider's page.
 */
import { spawn } from 'node:child_process';
import { expect } from 'vitest';

export interface Typed {
  readonly command: string;
  /** Null where the page does not say what is printed. */
  readonly expected: readonly string[] | null;
}

/** A page starts knox some twenty times, on a machine that may be busy: only one that hangs takes so long. */
export const MANY_STARTS_MS = 300_000;

/** What is typed on a page, in order. */
export function transcript(page: string): Typed[] {
  const typed: { command: string; expected: string[] | null }[] = [];
  for (const [, block, comment] of page.matchAll(/^```console\n([^]*?)^```|^<!-- test: (.*?) -->$/gm)) {
    if (block === undefined) {
      typed.push({ command: comment!, expected: null });
      continue;
    }
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) typed.push({ command: line.slice(2), expected: [] });
      else typed.at(-1)!.expected!.push(line);
    }
  }
  return typed;
}

/** What may be printed where a page prints these lines. */
export function pattern(lines: readonly string[]): RegExp {
  const escaped = lines.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(quote).join('.*')}\\n`));
  return new RegExp(`^${escaped.join('')}$`);
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Types all of it into one shell, and holds what is printed against the page.
 * @param prelude lines of the shell before it, such as functions
 */
export async function typeIt(
  typed: readonly Typed[],
  { cwd, env, prelude }: { cwd: string; env: NodeJS.ProcessEnv; prelude: readonly string[] },
): Promise<void> {
  const mark = '=====end=====';
  const script = ['exec 2>&1', ...prelude, ...typed.flatMap(({ command }) => [command, `echo ${mark}`])].join('\n');
  const outputs = (await shell(script, cwd, env)).split(`${mark}\n`);
  for (const [index, { command, expected }] of typed.entries())
    if (expected !== null) expect(outputs[index], `output of: ${command}`).toMatch(pattern(expected));
}

function shell(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
