import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/vault/verify-audit.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import { tampered } from '../helpers/vandal.ts';
import type { TestVault } from '../helpers/vault.ts';

describe('audit verify', () => {
  let made: TestVault;
  beforeAll(async () => {
    made = await makeVault({
      secrets: { api_key: { development: 'dev value', production: 'prod value' }, region: 'eu' },
      withEveryTable: true,
    });
  });
  afterAll(() => made.remove());

  it('proves every entry and every row with a key', async () => {
    const seen: number[] = [];
    const report = await made.using((vault) =>
      vault.read((view) => verifyAudit(view, async (done) => void seen.push(done))),
    );
    expect(report).toMatchObject({ entries: 4, brokenAt: null, reason: null, unverifiedRows: 0 });
    expect(report.verifiedRows).toBe(4 + 3 + 2 * 5 + 4 * 8);
    expect(report.identity).toBe(made.identity);
    expect(report.head).toMatch(/^[0-9a-f]{64}$/);
    expect(seen.at(-1)).toBe(4);
  });

  it('proves the chain and the place of every row with no key', async () => {
    const report = await made.using((vault) => vault.read((view) => verifyAudit(view)), {
      key: null,
      trusted: made.identity,
    });
    expect(report).toMatchObject({ entries: 4, brokenAt: null, verifiedRows: 0, unverifiedRows: 49 });
  });

  it('tells what a key for one environment can not verify', async () => {
    const partial = await made.using((vault) => addSlot(vault, 'ci', ['development']));
    const report = await made.using((vault) => vault.read((view) => verifyAudit(view)), {
      key: { secret: partial.secret, identity: made.key.identity },
    });
    expect(report.brokenAt).toBeNull();
    expect(report.unverifiedRows).toBe(2 + 16);
  });

  it('accepts rows that were put, removed and put again in one change', async () => {
    await made.using((vault) =>
      vault.change(async (change) => {
        const row = { id: 'kept', value: '"1"' };
        await change.put('setting', row);
        await change.remove('setting', row);
        await change.put('setting', { ...row, value: '2' });
        await expect(change.put('setting', { id: '-kept', value: '"1"' })).rejects.toMatchObject({ code: 'bug' });
        await change.put('setting', { id: 'gone', value: '"1"' });
        await change.remove('setting', { id: 'gone' });
        change.log({ action: 'set' });
      }),
    );
    const report = await made.using((vault) => vault.read((view) => verifyAudit(view)));
    expect(report.reason).toBeNull();
  });

  it('knows bytes that are no text from the character that stands for them', async () => {
    await made.using((vault) =>
      vault.change(async (change) => change.log({ action: 'set', detail: { told: 'a \uFFFD b' } })),
    );
    await made.using((vault) => vault.change(async (change) => change.log({ action: 'set' })));
    expect((await made.using((vault) => vault.read((view) => verifyAudit(view)))).reason).toBeNull();
    const file = tampered(made, (database) => {
      // Three bytes that a decoder reads as that one character.
      const changed = database
        .prepare('UPDATE audit SET body = unhex(replace(hex(body), ?, ?)) WHERE instr(body, unhex(?)) > 0')
        .run('EFBFBD', 'F09F98', 'EFBFBD');
      expect(changed.changes).toBe(1);
    });
    const report = await made.using((vault) => vault.read((view) => verifyAudit(view)), { file });
    expect(report).toMatchObject({ brokenAt: 7, reason: 'audit entry 7 was changed, or the one before it' });
  });
});
