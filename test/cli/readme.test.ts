/** Every command of the README's tour is run as it stands there, by the built program, and its output is held against what is printed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtProgram, ROOT } from '../helpers/built-program.ts';

interface Typed {
  readonly command: string;
  readonly expected: readonly string[];
}

/** The commands of all `console` blocks, each with the lines that are printed under it. */
function transcript(readme: string): Typed[] {
  const typed: { command: string; expected: string[] }[] = [];
  for (const [, block] of readme.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of block!.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) typed.push({ command: line.slice(2), expected: [] });
      else typed.at(-1)!.expected.push(line);
    }
  }
  return typed;
}

/** `…` stands for a part of a line, and alone on a line for any lines. */
function pattern(lines: readonly string[]): RegExp {
  const escaped = lines.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(quote).join('.*')}\\n`));
  return new RegExp(`^${escaped.join('')}$`);
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

test('the tour says what happens', () => {
  const typed = transcript(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  expect(typed.length).toBeGreaterThan(12);
  const folder = mkdtempSync(join(tmpdir(), 'knox-readme-'));
  const mark = '=====end=====';
  const script = [
    'knox() { "$NODE" "$PROGRAM" "$@"; }',
    // An alias is for whoever types; the function above stands for it.
    'alias() { :; }',
    ...typed.flatMap(({ command }) => [command, `echo ${mark}`]),
  ].join('\n');
  try {
    const ran = spawnSync('sh', ['-c', `exec 2>&1\n${script}`], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        CI: '1',
        LANG: 'C.UTF-8',
        NODE: process.execPath,
        PROGRAM: builtProgram(),
      },
    });
    const outputs = ran.stdout.split(`${mark}\n`);
    for (const [index, { command, expected }] of typed.entries())
      expect(outputs[index], `output of: ${command}`).toMatch(pattern(expected));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the two commands that set everything up are the ones that are tried', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain('    npm ci && npx knox demo\n    npm ci && npm test\n');
  const ci = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  expect(ci.match(/\bnpm (?:ci|test|run [\w:]+)/g)).toEqual(['npm ci', 'npm run test:setup', 'npm test']);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  // Nothing is installed on a machine by whoever only asked for the tests.
  expect(Object.entries(scripts).filter(([, script]) => /setup|apt/.test(script))).toEqual([
    ['test:setup', 'node scripts/test-setup.js'],
  ]);
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)/.test(name) && name !== 'prepare')).toEqual([]);
});
