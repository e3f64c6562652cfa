/** While production is watched: looks at it, who still asks for the old value, and stopping when the new one fails; and when it may change. */
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { addRoutes, makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

type Shown = RotationView & { probes: { at: string; passed: number; failed: number }[] };
const status = async () => (await project.json<Shown>(['rotate', 'api_key', '--status'])).json;
const continueAll = () => project.json<RotationView[]>(['rotations', 'continue']);
const detailOf = ({ steps }: RotationView, id: string) => steps.find((step) => step.id === id)?.detail ?? '';

async function toProduction(...more: string[]): Promise<void> {
  await addRoutes(project);
  for (const value of Object.values(NEW)) project.accepted.add(value);
  await project.json(['rotate', 'api_key', '--yes', '--values-stdin', ...more], JSON.stringify(NEW));
}

/** What the command shows on a terminal of that width. */
async function onTerminal(columns: number, ...argv: string[]): Promise<string> {
  const parts: Buffer[] = [];
  const stdout = Object.assign(
    new Writable({
      write(part: Buffer, _encoding, next) {
        parts.push(Buffer.from(part));
        next();
      },
    }),
    { isTTY: true, columns },
  );
  await must(project.knox(argv, '', { stdout }));
  return stripVTControlCharacters(Buffer.concat(parts).toString());
}

describe('looks at production', () => {
  beforeEach(() => toProduction());

  test('each is recorded, and shown as a line of signs', async () => {
    for (let hours = 0; hours < 40; hours += 4) {
      project.laterBy(4);
      expect((await continueAll()).exit).toBe(0);
    }
    project.accepted.delete(NEW.production);
    project.laterBy(2);
    const failed = await continueAll();
    expect(failed).toMatchObject({ exit: 1, json: [{ state: 'failed', step: 'monitor' }] });
    const { probes } = await status();
    expect(probes).toHaveLength(12);
    expect(probes.slice(0, 11).every(({ passed, failed: bad }) => passed === 2 && bad === 0)).toBe(true);
    expect(probes[11]).toEqual({ at: project.now.toISOString(), passed: 0, failed: 2 });
    const page = await onTerminal(80, 'rotate', 'api_key', '--status');
    expect(page).toContain('12 checks of production, 1 of them failed; the last just now failed');
    const line = page.split('\n').find((text) => /^ {4}[#x-]{10,}$/.test(text));
    expect(line).toHaveLength(28);
    expect(page.split('\n').every((text) => text.length <= 80)).toBe(true);
    expect((await project.knox(['rotate', 'api_key', '--status'])).stdout.toString()).toContain('0 passed\t2 failed');
    // Mended, it goes on where it was.
    project.accepted.add(NEW.production);
    expect((await continueAll()).json[0]).toMatchObject({ state: 'waiting', step: 'monitor' });
  });

  test('uses of the old version are counted by route and command', async () => {
    await project.knox(['get', 'api_key', '-e', 'production']);
    await project.knox(['get', 'api_key', '-e', 'production']);
    project.write('left.env', 'KEY={{secret:api_key}}\n');
    await must(project.knox(['render', 'left.env', '-e', 'production', '-o', 'out.env']));
    project.laterBy(1);
    const { json } = await continueAll();
    const detail = detailOf(json[0]!, 'monitor');
    expect(detail).toContain('the old version had 3 uses: 2 of api_key for production by get');
    expect(detail).toContain('1 of api_key for production by left.env');
  });

  test('many refused logins stop it, with what was refused; the next look goes on unless there are more', async () => {
    project.laterBy(3);
    await continueAll();
    project.laterBy(1);
    // Another program's probe, such as one that a person runs, sees the new value refused.
    project.accepted.delete(NEW.production);
    for (let count = 0; count < 3; count += 1)
      await project.knox(['route', 'test', 'config/prod.json', '-e', 'production']);
    project.accepted.add(NEW.production);
    project.laterBy(0.1);
    const stopped = await continueAll();
    expect(stopped).toMatchObject({ exit: 1, code: 'probe_failed', json: [{ state: 'failed', step: 'monitor' }] });
    expect(detailOf(stopped.json[0]!, 'monitor')).toMatch(
      /api_key_v2 was refused 3 times within a day: probe of config.prod.json/,
    );
    project.laterBy(1);
    expect((await continueAll()).json[0]).toMatchObject({ state: 'waiting', step: 'monitor' });
  });
});

describe('hours of production', () => {
  // 2026-01-10 is a Saturday.
  test('a rotation that is kept to hours waits for them at steps 6 and 9', async () => {
    await toProduction('--on', 'mon');
    expect(await status()).toMatchObject({ state: 'waiting', step: 'update-production', needs: { kind: 'time' } });
    expect(project.read('config/prod.json')).not.toContain('api_key_v2');
    project.laterBy(24);
    expect((await continueAll()).json[0]).toMatchObject({ step: 'update-production' });
    project.laterBy(24);
    expect((await continueAll()).json[0]).toMatchObject({ step: 'monitor' });
    project.laterBy(49);
    // Wednesday: the old value is revoked on the next Monday.
    expect((await continueAll()).json[0]).toMatchObject({ step: 'delete-old', needs: { kind: 'time' } });
    for (const old of ['old-production-value', 'old-staging-value']) project.accepted.delete(old);
    const now = await project.json([
      'rotate',
      'api_key',
      '--yes',
      '--on',
      'mon-sun',
      '--confirm',
      'delete-old,update-docs',
    ]);
    expect(now.json.state).toBe('done');
  });

  test('the hours of the vault hold for every rotation, and not for what has leaked', async () => {
    await must(project.knox(['setting', 'set', 'on', 'mon-fri']));
    await must(project.knox(['setting', 'set', 'between', '09:00-16:00']));
    await toProduction();
    const waiting = await status();
    expect(waiting).toMatchObject({ state: 'waiting', step: 'update-production' });
    expect(waiting.next).toContain('is kept to 09:00-16:00, mon-fri: next ');
    const hurried = await project.json(['rotate', 'api_key', '--yes', '--compromised', '--reason', 'leak']);
    expect(hurried.json.step).toBe('delete-old');
  });

  test.each([
    ['rotate', 'api_key', '--between', '9-16'],
    ['rotate', 'api_key', '--on', 'weekdays'],
    ['setting', 'set', 'on', 'weekdays'],
    ['setting', 'set', 'colour', 'red'],
    ['setting', 'set', 'records', '../elsewhere'],
    ['setting', 'set', 'records', '/etc'],
    ['setting', 'set', 'on'],
  ])('%s %s %s %s is refused', async (...argv) => {
    expect((await project.json(argv)).code).toBe('usage');
  });
});

test('settings are listed and forgotten, and the records lie where the vault says', async () => {
  await must(project.knox(['setting', 'set', 'records', 'docs/security']));
  const { json } = await project.json<{ name: string; value: string | null }[]>(['setting', 'list']);
  expect(json.map(({ name, value }) => [name, value])).toEqual([
    ['between', null],
    ['on', null],
    ['records', 'docs/security'],
  ]);
  await toProduction('--compromised', '--reason', 'leak', '--confirm', 'update-docs');
  for (const old of ['old-production-value', 'old-staging-value']) project.accepted.delete(old);
  await project.json(['rotate', 'api_key', '--yes', '--confirm', 'delete-old,update-docs']);
  expect(project.read('docs/security/api_key_v2.md')).toContain('Compromised: leak');
  await must(project.knox(['setting', 'remove', 'records']));
  expect((await project.json<{ value: unknown }[]>(['setting', 'list'])).json[2]).toMatchObject({ value: null });
  expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
});
