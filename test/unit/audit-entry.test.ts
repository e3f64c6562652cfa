/** Every key of the vault can write audit entries: one that is not of the format is damage to whoever reads it. */
import { describe, expect, it } from 'vitest';
import { encodeEntry, parseEntry } from '../../src/vault/log/audit-entry.ts';

const step = { seq: 1, hash: 'ab'.repeat(32), root: 'cd'.repeat(32) };
const entry = {
  at: '2026-01-10T12:00:00.000Z',
  actor: 'tester',
  slot: 'slot-1',
  action: 'add',
  secret: 'api_key',
  environment: null,
  route: null,
  detail: { names: ['api_key'] },
  generation: 1,
  manifest: null,
  realms: { realm: step },
};
const read = (body: object) => parseEntry({ seq: 2, body: JSON.stringify(body) });

describe('an audit entry', () => {
  it('is read as it was written', () => {
    expect(parseEntry({ seq: 2, body: encodeEntry(entry) })).toEqual({ ...entry, seq: 2 });
  });

  it.each<Record<string, unknown>>([
    { slot: ['slot-1'] },
    { slot: 7 },
    { action: null },
    { at: 'yesterday' },
    { actor: {} },
    { secret: 7 },
    { environment: ['production'] },
    { route: false },
    { detail: [] },
    { detail: 'text' },
    { generation: '1' },
    { manifest: 7 },
    { realms: [] },
    { realms: { realm: 7 } },
    { realms: { realm: { ...step, seq: -1 } } },
    { realms: { realm: { ...step, hash: 'ab' } } },
    { realms: { realm: { ...step, hash: [step.hash] } } },
    { realms: { realm: { ...step, root: null } } },
  ])('with %o is damage', (wrong) => {
    expect(() => read({ ...entry, ...wrong })).toThrow(expect.objectContaining({ code: 'audit_broken', exit: 8 }));
  });
});
