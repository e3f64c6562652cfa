/** What a process has checked of a vault holds for as long as nobody else writes: what a vandal does meanwhile shows at the next look. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { lineageContent, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { codeOf, copyOf } from '../helpers/vandal.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({ secrets: { api_key: { development: 'dev' } }, withEveryTable: true });
});
afterAll(() => made.remove());

const look = (vault: Vault) => vault.read((view) => view.across('route'));
const note = (vault: Vault, id: string) =>
  vault.change(async (change) => {
    await change.put('lineage', 'production', lineageContent(change, id));
    change.log({ action: 'set', detail: { id } });
  });
const walk = (vault: Vault) =>
  vault.read(async (view) => {
    const seen: number[] = [];
    for await (const { seq } of view.entriesDown()) seen.push(seq);
    return seen;
  });

/** Changes the file by another connection, as another program does. */
function vandal(file: string, ...statements: string[]): void {
  const database = new Database(file);
  for (const statement of statements) database.exec(statement);
  database.close();
}

it.each([
  ["DELETE FROM record WHERE kind = 'route' AND id = (SELECT min(id) FROM record WHERE kind = 'route')"],
  ["UPDATE record SET body = replace(body, 'https://api', 'https://elsewhere') WHERE kind = 'route'"],
  ["UPDATE record SET kind = 'incident' WHERE kind = 'route'"],
])('%s', async (statement) => {
  const file = copyOf(made);
  const code = await made.using(
    async (vault) => {
      await look(vault);
      await note(vault, 'before');
      await look(vault);
      vandal(file, statement);
      const found = await codeOf(look(vault));
      // A change of other tables makes nothing of it good.
      await codeOf(note(vault, 'after'));
      return [found, await codeOf(look(vault))];
    },
    { file },
  );
  expect(code).toEqual(['vault_damaged', 'vault_damaged']);
});

it('a change that was thrown away vouches for nothing, and one that was written for what it touched', async () => {
  const file = copyOf(made);
  await made.using(
    async (vault) => {
      const lost = vault.change(async (change) => {
        await change.put('lineage', 'production', lineageContent(change, 'lost'));
        throw new Error('thrown away');
      });
      await expect(lost).rejects.toThrow('thrown away');
      await note(vault, 'kept');
      const bases = (await vault.read((view) => view.all('lineage', 'production'))).map(({ base }) => base);
      expect(bases).toContain('kept');
      expect(bases).not.toContain('lost');
    },
    { file },
  );
});

it('the log is walked again from where it was proved, and every entry is told once', async () => {
  const file = copyOf(made);
  await made.using(
    async (vault) => {
      const first = await walk(vault);
      expect(first.at(-1)).toBe(1);
      for (let count = 1; count <= 3; count += 1) {
        await note(vault, `note_${count}`);
        const seen = await walk(vault);
        expect(seen).toEqual(Array.from({ length: first.length + count }, (_, index) => first.length + count - index));
      }
      // Walks at once, one of which stops early.
      const some = vault.read(async (view) => {
        for await (const { seq } of view.entriesDown()) if (seq < first.length) return seq;
        return 0;
      });
      const [all, stopped] = await Promise.all([walk(vault), some]);
      expect([all.length, stopped]).toEqual([first.length + 3, first.length - 1]);
      expect(await walk(vault)).toEqual(all);
    },
    { file },
  );
});

it('an entry that is changed under the head is found by whoever has not proved it yet', async () => {
  const file = copyOf(made);
  await made.using(
    async (vault) => {
      await walk(vault);
      await note(vault, 'newest');
      vandal(
        file,
        "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'newest', 'altered') AS BLOB) WHERE seq = (SELECT max(seq) FROM audit)",
      );
      expect(await codeOf(walk(vault))).toBe('audit_broken');
    },
    { file },
  );
});

it('what other machines wrote is walked once, and is what this machine goes by from then on', async () => {
  const file = copyOf(made);
  const memory = new HeadMemory(join(made.folder, 'state-walk'));
  const others = new HeadMemory(join(made.folder, 'state-others'));
  await made.using((vault) => vault.rememberIdentity(), { file, memory });
  const seen = () => memory.at(file)[0]!.seq;
  const first = seen();
  const late = copyOf(made, file);
  await made.using(
    async (vault) => {
      for (let count = 0; count < 1000; count += 1)
        await vault.change(async (change) => change.log({ action: 'set', detail: { count } }));
    },
    { file, memory: others, trusted: made.identity },
  );
  // A commit of this very moment may not be on the disk yet.
  await made.using(look, { file, memory });
  expect(seen()).toBe(first);
  const now = '2025-03-02T11:00:00.000Z';
  await made.using(look, { file, memory, now });
  expect(seen()).toBe(first + 1000);
  copyFileSync(late, file);
  made.warnings.length = 0;
  await made.using(look, { file, memory, now });
  expect(made.warnings).toContain('vault_rolled_back');
});
