/** Every command of the README's tour is run as it stands there, by the built program, and its output is held against what is printed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtProgram, COMPILED, ROOT } from '../helpers/built-program.ts';
import { MANY_STARTS_MS, transcript, typeIt } from '../helpers/transcript.ts';

test('the tour says what happens', { timeout: MANY_STARTS_MS }, async () => {
  const typed = transcript(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  expect(typed.length).toBeGreaterThan(12);
  const folder = mkdtempSync(join(tmpdir(), 'knox-readme-'));
  try {
    await typeIt(typed, {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        CI: '1',
        LANG: 'C.UTF-8',
        NODE: process.execPath,
        PROGRAM: builtProgram(),
        ...COMPILED,
      },
      prelude: [
        'knox() { "$NODE" "$PROGRAM" "$@"; }',
        // An alias is for whoever types; the function above stands for it.
        'alias() { :; }',
      ],
    });
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
