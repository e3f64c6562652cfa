/** `knox evidence`: what it says of a year is what happened, each fact with the audit entry that proves it, and never a value. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printable } from '../../src/domain/printable.ts';
import type { Evidence, SecretEvidence } from '../../src/evidence/types.ts';
import { HOSTILE_OWNER, HOSTILE_REASON, makeScene, sceneValues } from '../helpers/evidence-scene.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

interface Entry {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly secret: string | null;
  readonly detail: Record<string, unknown> | null;
}

const DAY = 86_400;

let project: Project;
let found: Evidence;
let log: Map<number, Entry>;
/** As it was said at the time. */
const then: Evidence[] = [];
beforeAll(async () => {
  ({ project } = await makeScene(async (scene) => void then.push((await scene.json<Evidence>(['evidence'])).json)));
  found = (await project.json<Evidence>(['evidence'])).json;
  const entries = (await project.json<Entry[]>(['audit'])).json;
  log = new Map(entries.map((entry) => [entry.seq, entry]));
});
afterAll(() => project.remove());

const secretIn = ({ secrets }: Evidence, base: string): SecretEvidence => secrets.find((one) => one.base === base)!;
const ofPeriod = async (...argv: string[]): Promise<Evidence> =>
  (await project.json<Evidence>(['evidence', ...argv])).json;
const output = async (...argv: string[]): Promise<string> => (await must(project.knox(argv))).stdout.toString();

describe('the facts', () => {
  test('are of the whole vault and of the last 365 days, up to its head', async () => {
    expect(found.to).toBe('2026-10-13T07:30:00.000Z');
    expect(found.from).toBe('2025-10-13T07:30:00.000Z');
    expect(found.secrets.map(({ base }) => base)).toEqual(['api_key', 'old_token', 'region', 'session_key']);
    const verified = (await project.json<{ entries: number; head: string; identity: string }>(['audit', 'verify']))
      .json;
    expect({ entries: found.entries, head: found.head, identity: found.identity }).toEqual({
      entries: verified.entries,
      head: verified.head,
      identity: verified.identity,
    });
    expect(found.vault).toBe(join(project.folder, '.knox/vault.db'));
    expect(found.verified).toBe(true);
  });

  test('say who answers for a secret, by which policy, and which version it is about', () => {
    expect(secretIn(found, 'api_key')).toMatchObject({
      // A rotation is under way: v6 is there, and v4 is what the policy is about.
      name: 'api_key_v4',
      owner: 'payments',
      kind: 'standard',
      every: 90 * DAY,
      state: 'live',
      createdAt: '2026-08-01T12:00:00.000Z',
      dueAt: '2026-10-30T14:13:05.000Z',
      onTime: false,
    });
    expect(secretIn(found, 'session_key')).toMatchObject({ owner: HOSTILE_OWNER, kind: 'critical', every: 60 * DAY });
    expect(secretIn(found, 'region')).toMatchObject({ kind: 'config', every: null, onTime: null, dueAt: null });
  });

  test('each rotation was on time or late, to the second', () => {
    const of = (base: string) =>
      secretIn(found, base).rotations.map(({ from, to, state, onTime, lateBy, dueAt }) => [
        from,
        to,
        state,
        onTime,
        lateBy,
        dueAt,
      ]);
    expect(of('api_key')).toEqual([
      ['api_key', 'api_key_v2', 'done', true, 0, '2026-04-10T12:00:00.000Z'],
      ['api_key_v2', 'api_key_v3', 'done', false, 11 * DAY, '2026-06-01T09:00:00.000Z'],
      ['api_key_v3', 'api_key_v4', 'done', true, 0, '2026-09-10T09:00:00.000Z'],
      ['api_key_v4', 'api_key_v5', 'rolled-back', null, 0, '2026-10-30T14:13:05.000Z'],
      ['api_key_v4', 'api_key_v6', 'waiting', null, 0, '2026-10-30T14:13:05.000Z'],
    ]);
    // Its policy was 30 days then, and is 60 only since.
    expect(of('session_key')).toEqual([
      ['session_key', 'session_key_v2', 'done', false, 69 * DAY + 22 * 3600, '2026-02-09T12:00:00.000Z'],
    ]);
    expect(secretIn(found, 'session_key').overdue).toEqual([
      { since: '2026-02-09T12:00:00.000Z', until: '2026-04-20T10:00:00.000Z' },
      { since: '2026-06-19T10:00:00.000Z', until: null },
    ]);
    expect(secretIn(found, 'session_key').policyChanges).toMatchObject([
      { name: 'session_key_v2', from: { every: 30 * DAY }, to: { every: 60 * DAY }, by: 'tester@test' },
    ]);
  });

  test('one that was taken back, and one that is under way, are told as that', () => {
    const [back, under] = secretIn(found, 'api_key').rotations.slice(3);
    expect(back).toMatchObject({ rotatedAt: null, proof: null, endReason: 'the nightly job failed' });
    expect(back!.endedAt).toBe('2026-09-15T07:30:00.000Z');
    expect(log.get(back!.entries.ended!)).toMatchObject({ action: 'rotation-rolled-back' });
    expect(under).toMatchObject({ endedAt: null, step: 'monitor', proof: null });
  });

  test('a rotation is as `rotate --json` has it, and each step names the entry that says so', async () => {
    const all = (await project.json<{ id: string }[]>(['rotations', '--all'])).json;
    let steps = 0;
    for (const rotation of found.secrets.flatMap((secret) => secret.rotations)) {
      expect(rotation).toMatchObject(all.find(({ id }) => id === rotation.id)!);
      expect(rotation.steps).toHaveLength(11);
      expect(log.get(rotation.entries.started!)).toMatchObject({ action: 'rotation-start', at: rotation.startedAt });
      for (const { id, state, at, by } of rotation.steps) {
        if (state !== 'done' && state !== 'skipped') {
          expect(rotation.entries.steps[id]).toBeUndefined();
          continue;
        }
        expect(log.get(rotation.entries.steps[id]!)).toMatchObject({
          action: 'rotation-step',
          at,
          actor: by,
          detail: { rotation: rotation.id, step: id, state },
        });
        steps += 1;
      }
    }
    expect(steps).toBe(4 * 11 + 2 * 6);
  });

  test('the proof that the old value is dead is of its kind', () => {
    const [first] = secretIn(found, 'api_key').rotations;
    expect(first!.proof).toMatchObject({ kind: 'vouched', at: '2026-03-03T09:00:00.000Z' });
    expect(
      first!.proof!.environments.map(({ environment, kind, route, status }) => [environment, kind, route, status]),
    ).toEqual([
      ['development', 'vouched', null, null],
      ['staging', 'refused', 'config/app.env', 401],
      ['production', 'refused', 'config/app.env', 401],
    ]);
    expect(first!.proof!.text).toBe(
      'staging refused by the probe of config/app.env: 401 Unauthorized; production refused by the probe of config/app.env: 401 Unauthorized; development confirmed by a person: the old value was revoked',
    );
    expect(log.get(first!.proof!.entry!)).toMatchObject({ action: 'rotation-revoked', at: first!.proof!.at });
    expect(secretIn(found, 'session_key').rotations[0]!.proof).toMatchObject({ kind: 'unproven' });
  });

  test('an incident has the exact time from report to revocation', () => {
    const { incidents, rotations } = secretIn(found, 'api_key');
    expect(incidents).toEqual([
      {
        rotation: rotations[2]!.id,
        reason: 'pasted into a public issue',
        startedAt: '2026-08-01T12:00:00.000Z',
        startedBy: 'tester@test',
        revokedAt: '2026-08-01T14:13:05.000Z',
        seconds: 2 * 3600 + 13 * 60 + 5,
        entries: { reported: expect.any(Number), revoked: expect.any(Number) },
      },
    ]);
    const { reported, revoked } = incidents[0]!.entries;
    expect(log.get(reported!)).toMatchObject({ action: 'rotation-compromised', at: incidents[0]!.startedAt });
    expect(log.get(revoked!)).toMatchObject({ action: 'rotation-revoked', at: incidents[0]!.revokedAt });
  });

  test('exceptions have who, why and which guard, once each', () => {
    const of = (base: string) =>
      secretIn(found, base).exceptions.map(({ kind, guards, step, reason, by, action }) => ({
        kind,
        guards,
        step,
        reason,
        by,
        action,
      }));
    const by = 'tester@test';
    expect(of('api_key')).toEqual([
      {
        kind: 'forced',
        guards: ['still_used'],
        step: null,
        reason: 'a look at the old value, by hand',
        by,
        action: 'rotation-revoked',
      },
    ]);
    expect(of('old_token')).toEqual([
      { kind: 'forced', guards: ['still_used'], step: null, reason: 'the service was shut down', by, action: 'delete' },
    ]);
    expect(of('session_key')).toEqual([
      { kind: 'skipped', guards: ['too_early'], step: 'monitor', reason: HOSTILE_REASON, by, action: 'rotation-step' },
    ]);
    const [leftOut] = secretIn(found, 'session_key').exceptions;
    expect(leftOut!.entries.map((seq) => log.get(seq)!.detail!['forced'])).toEqual([['too_early']]);
    for (const { entries, at, reason } of found.secrets.flatMap(({ exceptions }) => exceptions))
      for (const seq of entries) expect(log.get(seq)).toMatchObject({ at, detail: { reason } });
    expect(found.exceptions).toEqual([]);
  });

  test('deleted versions and a secret of which none is left count', () => {
    const token = secretIn(found, 'old_token');
    expect(token).toMatchObject({ name: 'old_token', state: 'deleted', rotations: [], onTime: true, dueAt: null });
    expect(token.versions).toMatchObject([{ deletedAt: '2026-04-02T08:00:00.000Z', state: 'deleted' }]);
    expect(log.get(token.versions[0]!.entries.deleted!)).toMatchObject({ action: 'delete', secret: 'old_token' });
    expect(log.get(token.versions[0]!.entries.created!)).toMatchObject({ action: 'add', secret: 'old_token' });
    const states = secretIn(found, 'api_key').versions.map(({ name, state }) => [name, state]);
    expect(states).toEqual([
      ['api_key', 'deleted'],
      ['api_key_v2', 'deleted'],
      ['api_key_v3', 'deleted'],
      ['api_key_v4', 'live'],
      ['api_key_v5', 'withdrawn'],
      ['api_key_v6', 'live'],
    ]);
  });
});

describe('the period', () => {
  test('has what touches it, and nothing else', async () => {
    const spring = await ofPeriod('--since', '2026-04-05T00:00Z', '--until', '2026-06-11T00:00Z');
    expect([spring.from, spring.to]).toEqual(['2026-04-05T00:00:00.000Z', '2026-06-11T00:00:00.000Z']);
    expect(spring.secrets.map(({ base }) => base)).toEqual(['api_key', 'region', 'session_key']);
    expect(secretIn(spring, 'api_key').rotations.map(({ to }) => to)).toEqual(['api_key_v3']);
    // It was overdue from 1 June on; what was forced on the 12th lies outside.
    expect(secretIn(spring, 'api_key')).toMatchObject({ onTime: false, exceptions: [], incidents: [] });
    const may = await ofPeriod('--since', '2026-05-01T00:00Z', '--until', '2026-05-31T00:00Z');
    expect(secretIn(may, 'api_key')).toMatchObject({ onTime: true, rotations: [], overdue: [] });
    expect(secretIn(may, 'session_key')).toMatchObject({ onTime: true, exceptions: [], policyChanges: [] });
    const august = await ofPeriod('--since', '2026-08-01T13:00Z', '--until', '2026-08-01T14:00Z');
    expect(secretIn(august, 'api_key').incidents).toHaveLength(1);
    const before = await ofPeriod('--since', '2025-01-01', '--until', '2025-12-31');
    expect(before.secrets).toEqual([]);
  });

  test('has the day that is named as its end, and says nothing of what is to come', async () => {
    const day = await ofPeriod('--since', '2026-04-02', '--until', '2026-04-02');
    expect(Date.parse(day.to) - Date.parse(day.from)).toBe(DAY * 1000 - 1);
    expect(new Date(day.to).getHours()).toBe(23);
    expect(secretIn(day, 'old_token').exceptions).toHaveLength(1);
    expect((await ofPeriod('--until', '2030-01-01')).to).toBe('2026-10-13T07:30:00.000Z');
    expect((await ofPeriod('--since', '30d')).from).toBe('2026-09-13T07:30:00.000Z');
    expect((await ofPeriod('--until', '2026-06-01T00:00Z')).from).toBe('2025-06-01T00:00:00.000Z');
  });

  test('shows everything as it stood at its end', async () => {
    expect(then).toHaveLength(11);
    for (const earlier of then) {
      const now = await ofPeriod('--until', earlier.to);
      expect([earlier.to, timeless(now)]).toEqual([earlier.to, timeless(earlier)]);
    }
    const march = secretIn(await ofPeriod('--until', '2026-03-02T00:00Z'), 'api_key');
    expect(march).toMatchObject({ name: 'api_key', state: 'live', dueAt: '2026-04-10T12:00:00.000Z' });
    expect(march.rotations).toMatchObject([
      {
        state: 'waiting',
        step: 'monitor',
        waitUntil: '2026-03-03T09:00:00.000Z',
        next: 'At the end of the period it was at "Watch production".',
        endedAt: null,
        proof: null,
      },
    ]);
    expect(Object.keys(march.rotations[0]!.entries.steps)).toHaveLength(6);
  });

  test('that is none is wrong usage', async () => {
    for (const argv of [
      ['--since', '2026-05-01', '--until', '2026-04-01'],
      ['--since', 'spring'],
      ['--until', '2026-02-30'],
    ]) {
      const { exit, code } = await project.json(['evidence', ...argv]);
      expect([argv, exit, code]).toEqual([argv, 2, 'usage']);
    }
  });
});

describe('other forms', () => {
  test('a table on a terminal of 80 columns, rows in a pipe', async () => {
    const parts: Buffer[] = [];
    const stdout = Object.assign(
      new Writable({
        write(part: Buffer, _encoding, next) {
          parts.push(Buffer.from(part));
          next();
        },
      }),
      { isTTY: true, columns: 80 },
    );
    const drawn = await must(project.knox(['evidence', '--no-color'], '', { stdout }));
    const lines = Buffer.concat(parts).toString().split('\n');
    expect(lines[0]).toBe('From 2025-10-13 to 2026-10-13');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.find((line) => line.includes('api_key_v4'))).toMatch(
      /payments +90d +was late +3, 1 late +vouched +1 +1$/,
    );
    expect(drawn.stderr).toContain(`KNOX_HEAD=${found.entries}:${found.head}`);
    const rows = (await output('evidence'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual([
      'api_key_v4',
      'payments',
      'standard, every 90 days',
      'live',
      'was late',
      '2026-10-30T14:13:05.000Z',
      '3',
      '1',
      '1',
      '1',
      'vouched: development; refused: staging, production',
    ]);
    for (const row of rows) expect(row).toHaveLength(11);
  });

  test('CSV has a row for each secret and each rotation, and no cell that a spreadsheet would run', async () => {
    const text = await output('evidence', '--csv');
    const [head, ...rows] = parseCsv(text);
    for (const row of rows) expect(row).toHaveLength(head!.length);
    const records = rows.map((row) => Object.fromEntries(head!.map((name, index) => [name, row[index]!])));
    expect(records.map(({ row, base, to }) => [row, base, to])).toEqual([
      ['secret', 'api_key', ''],
      ...[2, 3, 4, 5, 6].map((number) => ['rotation', 'api_key', `api_key_v${number}`]),
      ['secret', 'old_token', ''],
      ['secret', 'region', ''],
      ['secret', 'session_key', ''],
      ['rotation', 'session_key', 'session_key_v2'],
    ]);
    const [, onTime, late, leaked] = records;
    const rotations = secretIn(found, 'api_key').rotations;
    expect(onTime).toMatchObject({
      on_time: 'true',
      late_seconds: '0',
      proof: 'vouched',
      proof_environments: 'development=vouched staging=refused production=refused',
      delete_old_by: 'tester@test',
    });
    expect(onTime!['delete_old_entry']).toBe(String(rotations[0]!.entries.steps['delete-old']));
    expect(late).toMatchObject({
      on_time: 'false',
      late_seconds: String(11 * DAY),
      due_at: '2026-06-01T09:00:00.000Z',
    });
    expect(late!['exceptions']).toContain('forced still_used (rotation-revoked) by tester@test');
    expect(leaked).toMatchObject({ incident: 'pasted into a public issue', incident_seconds: '7985' });
    const session = records.at(-1)!;
    expect(session['exceptions']).toContain('step skipped: monitor, forced too_early by tester@test');
    expect(session['owner']).toBe(`'${printable(HOSTILE_OWNER)}`);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });

  test('a page is one file of its own mode, in the place of an earlier one', async () => {
    writeFileSync(join(project.folder, 'page.html'), 'earlier');
    expect(await output('evidence', '--html', 'page.html')).toBe('Wrote page.html\n');
    const page = readFileSync(join(project.folder, 'page.html'), 'utf8');
    expect(statSync(join(project.folder, 'page.html')).mode & 0o777).toBe(0o600);
    expect(await output('evidence', '--html', '-')).toBe(page);
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).toContain(`KNOX_HEAD=${found.entries}:${found.head}`);
    expect(page).toContain(`knox audit verify --identity ${found.identity}`);
    const none = await project.json(['evidence', '--html', '.knox']);
    expect(none.exit).toBe(2);
    expect((await project.knox(['evidence', '--html', '.knox'])).exit).toBe(1);
  });

  test('nothing of the vault becomes a part of the page', async () => {
    const page = await output('evidence', '--html', '-');
    const tags = new Set([...page.matchAll(/<([a-z!][a-z0-9]*)/g)].map(([, tag]) => tag));
    for (const tag of ['script', 'img', 'link', 'iframe', 'object', 'form', 'base']) expect(tags).not.toContain(tag);
    expect(page).not.toMatch(/\s(?:src|on[a-z]+|style)=["']/);
    for (const [, target] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}');
    expect(page).toContain('&quot;quoted&quot;, said\\x07');
    expect(page).toContain(`content="default-src 'none'; style-src 'sha256-`.replaceAll("'", '&#39;'));
  });

  test('exclude each other', async () => {
    for (const argv of [
      ['--json', '--csv'],
      ['--csv', '--html', 'x.html'],
      ['--json', '--html', 'x.html'],
      ['--html', ''],
    ])
      expect([argv, (await project.knox(['evidence', ...argv])).exit]).toEqual([argv, 2]);
  });

  test('no value that any secret ever had is in any of them', async () => {
    expect(sceneValues.length).toBeGreaterThan(20);
    const forms = [['--json'], ['--csv'], ['--html', '-'], []];
    for (const form of forms) {
      const ran = await must(project.knox(['evidence', ...form]));
      const text = ran.stdout.toString() + ran.stderr;
      for (const value of sceneValues) expect(text).not.toContain(value);
    }
  });
});

test('without a key it says the same, and that it is not verified', async () => {
  const surroundings = { now: () => project.now };
  const ran = await runKnox(project.folder, ['evidence', '--json'], '', {}, surroundings);
  expect([ran.exit, JSON.parse(ran.stderr)]).toEqual([
    0,
    { warning: { code: 'not_verified', message: expect.stringContaining('not verified') } },
  ]);
  expect(JSON.parse(ran.stdout.toString())).toEqual({ ...found, verified: false });
  const page = await runKnox(project.folder, ['evidence', '--html', '-'], '', {}, surroundings);
  expect(page.stderr).toContain('not verified');
  expect(page.stdout.toString()).toContain('Not verified.');
  const older = { KNOX_HEAD: `${found.entries}:${found.head}` };
  expect((await runKnox(project.folder, ['evidence'], '', older, surroundings)).exit).toBe(0);
  const other = { KNOX_HEAD: `${found.entries + 1}:${found.head}` };
  expect((await runKnox(project.folder, ['evidence'], '', other, surroundings)).exit).toBe(8);
});

test('a rotation of two secrets is evidence of both, each by its own policy', async () => {
  const own = await makeProject({ production: 'one-old-value' });
  try {
    await must(own.knox(['add', 'OTHER', '-e', 'production', '--kind', 'critical'], 'other-old-value'));
    own.laterBy(40 * 24);
    const values = '{"api_key":{"production":"one-new-value"},"OTHER":{"production":"other-new-value"}}';
    const confirm = ['--confirm', 'update-production,verify,delete-old,update-docs'];
    await must(
      own.knox(
        ['rotate', 'api_key', 'OTHER', '--values-stdin', '--yes', '--until', 'update-production', ...confirm],
        values,
      ),
    );
    own.laterBy(48);
    await must(own.knox(['rotate', 'api_key', 'OTHER', ...confirm]));
    const { secrets } = (await own.json<Evidence>(['evidence'])).json;
    expect(secrets.map(({ name, onTime, rotations }) => [name, onTime, rotations.map((one) => one.lateBy)])).toEqual([
      ['OTHER_V2', false, [12 * DAY]],
      ['api_key_v2', true, [0]],
    ]);
    expect(secrets.map(({ rotations }) => rotations[0]!.proof!.kind)).toEqual(['vouched', 'vouched']);
    expect(secrets[0]!.rotations[0]!.id).toBe(secrets[1]!.rotations[0]!.id);
  } finally {
    own.remove();
  }
});

/** Without what tells when it was asked, and what to type then. */
function timeless({ head: _head, entries: _entries, at: _at, ...evidence }: Evidence) {
  const secrets = evidence.secrets.map((secret) => ({
    ...secret,
    rotations: secret.rotations.map(({ next: _next, ...rotation }) => rotation),
  }));
  return { ...evidence, secrets };
}

/** RFC 4180, read by hand: the writer is not asked what it meant. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && cell === '') isQuoted = true;
    else if (character === '\r' && text[at + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      at += 1;
    } else if (character === ',') {
      row.push(cell);
      cell = '';
    } else {
      if ('"\r\n'.includes(character)) throw new Error(`a bare ${JSON.stringify(character)} at ${at}`);
      cell += character;
    }
  }
  if (isQuoted || cell !== '' || row.length > 0) throw new Error('the last row has no end');
  return rows;
}
