/** Readers in loops while a rekey of a large vault runs: each gets the right value, from before or after. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBuilt } from '../helpers/built-program.ts';
import type { Exited } from '../helpers/built-program.ts';
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

function knox(...argv: string[]): Promise<Exited> {
  const env = { KNOX_VAULT: made.file, KNOX_KEY_FILE: made.keyFile };
  return runBuilt(argv, { cwd: made.folder, env, encoding: 'latin1' });
}

test('every get is exit 0 with the right value', { timeout: 3_600_000 }, async () => {
  const work = { isOver: false };
  const wrong: string[] = [];
  const read = async (reader: number): Promise<number> => {
    let count = 0;
    for (; !work.isOver; count += 1) {
      const name = `s${(reader * 150 + count) % COUNT}`;
      const { exit, stdout, stderr } = await knox('get', name, '-e', 'production');
      if (exit !== 0 || !Buffer.from(stdout, 'latin1').equals(valueOf(name, BYTES)))
        wrong.push(`${name}: ${exit} ${stderr}`);
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
    expect(exit, stderr).toBe(0);
  }
  work.isOver = true;
  const counts = await Promise.all(loops);
  expect(wrong).toEqual([]);
  for (const count of counts) expect(count).toBeGreaterThan(0);
  expect(await auditOf(made, made.file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
});
