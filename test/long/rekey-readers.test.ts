/** Readers in loops while a rekey of a large vault runs: each gets the right value, from before or after. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../helpers/built-program.ts';
import { addMany, valueOf } from '../helpers/rekey-trial.ts';
import { makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf } from '../helpers/vandal.ts';

const COUNT = 600;
const BYTES = 100 * 1024;
const READERS = 4;

let made: TestVault;
beforeAll(async () => {
  made = await makeVault();
  await made.using((vault) => addMany(vault, COUNT, BYTES));
});
afterAll(() => made.remove());

function knox(...argv: string[]): Promise<{ exit: number | null; stdout: Buffer; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [builtProgram(), ...argv], {
      env: {
        PATH: process.env['PATH'],
        CI: '1',
        KNOX_VAULT: made.file,
        KNOX_KEY_FILE: made.keyFile,
        XDG_STATE_HOME: join(made.folder, 'state'),
      },
    });
    const parts: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.on('close', (exit) => resolve({ exit, stdout: Buffer.concat(parts), stderr }));
  });
}

test('every get is exit 0 with the right value', { timeout: 3_600_000 }, async () => {
  const work = { isOver: false };
  const wrong: string[] = [];
  const read = async (reader: number): Promise<number> => {
    let count = 0;
    for (; !work.isOver; count += 1) {
      const name = `s${(reader * 150 + count) % COUNT}`;
      const { exit, stdout, stderr } = await knox('get', name, '-e', 'production');
      if (exit !== 0 || !stdout.equals(valueOf(name, BYTES))) wrong.push(`${name}: ${exit} ${stderr}`);
    }
    return count;
  };
  const looked = async (): Promise<number> => {
    let count = 0;
    for (; !work.isOver; count += 1) {
      const { exit, stderr } = await knox('list', '--json');
      if (exit !== 0) wrong.push(`list: ${exit} ${stderr}`);
    }
    return count;
  };
  const loops = [...Array.from({ length: READERS }, (_reader, index) => read(index)), looked()];
  for (let round = 1; round <= 2; round += 1) {
    const { exit, stderr } = await knox('rekey', '--yes');
    expect([exit, exit === 0 ? '' : stderr]).toEqual([0, '']);
  }
  work.isOver = true;
  const counts = await Promise.all(loops);
  expect(wrong).toEqual([]);
  for (const count of counts) expect(count).toBeGreaterThan(0);
  expect(await auditOf(made, made.file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
});
