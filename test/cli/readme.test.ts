/** Every command of the README's first look is run as it stands there, by the built program. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtProgram, ROOT } from '../helpers/built-program.ts';

test('the first look does what the README says', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, section] = readme.split('## A first look');
  const commands = (section ?? '').split('\n').filter((line) => line.startsWith('    '));
  expect(commands).toHaveLength(6);
  const folder = mkdtempSync(join(tmpdir(), 'knox-readme-'));
  try {
    const ran = commands.map((line) => {
      const command = line.trim().replaceAll('npx knox', () => `"${process.execPath}" "${builtProgram()}"`);
      const env = { PATH: process.env['PATH'], HOME: folder, TOKEN: 'a-token-of-the-readme' };
      return spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
    });
    expect(ran.map(({ status }) => status)).toEqual([0, 0, 0, 0, 5, 0]);
    expect(ran[3]!.stdout).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(ran[5]!.stdout).toMatch(/^KNOX_HEAD=\d+:[0-9a-f]{64}$/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
