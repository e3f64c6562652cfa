/** Every key of the vault can write audit entries: one that is not of the format is damage to whoever reads it. */
import { describe, expect, it } from 'vitest';
import { encodeEntry, parseEntry } from '../../src/vault/audit-entry.ts';

const entry = {
  at: '2026-01-10T12:00:00.000Z',
  actor: 'tester',
  key: 'slot-1',
  action: 'add',
  secret: 'api_key',
  environment: null,
  route: null,
  detail: { names: ['api_key'] },
  rows: { secret: ['a', '-b'] },
  made: ['secret:api_key'],
  gone: [],
};
const read = (body: object) => parseEntry({ seq: 2, body: JSON.stringify(body), hash: '', signature: null });

describe('an audit entry', () => {
  it('is read as it was written', () => {
    const body = encodeEntry(entry);
    expect(parseEntry({ seq: 2, body, hash: '', signature: null })).toEqual({ ...entry, seq: 2 });
  });

  it.each<Record<string, unknown>>([
    { key: ['slot-1'] },
    { key: 7 },
    { action: null },
    { at: 'yesterday' },
    { actor: {} },
    { secret: 7 },
    { environment: ['production'] },
    { route: false },
    { detail: [] },
    { detail: 'text' },
    { rows: [] },
    { rows: { secret: [7] } },
    { rows: { secret: 'a' } },
    { made: [null] },
    { gone: [['secret:api_key']] },
  ])('with %o is damage', (wrong) => {
    expect(() => read({ ...entry, ...wrong })).toThrow(expect.objectContaining({ code: 'audit_broken', exit: 8 }));
  });
});
