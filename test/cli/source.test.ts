/** Sources: set, shown, tried, removed, and a rotation that gets its values from one and revokes the old ones there. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRoutes, makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { startKeyService, writeKeyProgram } from '../helpers/providers/key-service.ts';
import type { KeyService } from '../helpers/providers/key-service.ts';

let project: Project;
let service: KeyService;
beforeEach(async () => {
  project = await makeProject();
  service = await startKeyService();
  for (const value of Object.values(OLD)) service.add(value);
  // Whoever the service lets in, the probe lets in.
  project.accepted.has = (value) => service.letsIn(value);
});
afterEach(async () => {
  project.remove();
  await service.close();
});

async function setCommand(without: readonly string[] = [], ...more: string[]): Promise<void> {
  await must(project.knox(['add', 'service_admin', '--shared'], 'admin-of-the-service'));
  const program = writeKeyProgram(project.folder, without);
  const options = [`program=${program}`, `url=${service.url}`, 'admin={{secret:service_admin}}', ...more];
  await must(
    project.knox(['source', 'set', 'api_key', 'command', ...options.flatMap((option) => ['--option', option])]),
  );
}
const rotate = (...more: string[]) => project.json(['rotate', 'api_key', '--yes', ...more]);
const get = async (name: string, environment: string) =>
  (await project.knox(['get', name, '-e', environment])).stdout.toString();
const made = () => [...service.keys.values()].filter(({ value }) => value.startsWith('made-'));

describe('knox source', () => {
  test('is set, shown without a key, changed and removed', async () => {
    expect((await project.json<object>(['source', 'show', 'api_key'])).json).toEqual({
      secret: 'api_key',
      kind: 'manual',
      options: {},
      overlap: null,
    });
    await must(project.knox(['source', 'set', 'api_key', 'generate', '--option', 'form=hex', '--option', 'length=40']));
    const shown = { secret: 'api_key', kind: 'generate', options: { form: 'hex', length: '40' }, overlap: null };
    expect((await project.json<object>(['source', 'show', 'api_key'])).json).toEqual(shown);
    await must(
      project.knox(['source', 'set', 'api_key', 'command', '--option', 'program=./x', '--option', 'overlap=30d']),
    );
    expect((await project.json<object>(['source', 'show', 'api_key'])).json).toMatchObject({
      kind: 'command',
      overlap: '30d',
    });
    await must(project.knox(['source', 'remove', 'api_key']));
    expect((await project.json<object>(['source', 'show', 'api_key'])).json).toMatchObject({ kind: 'manual' });
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test.each([
    [['api_key', 'oracle'], 'usage'],
    [['api_key', 'command'], 'usage'],
    [['api_key', 'generate', '--option', 'length=3'], 'usage'],
    [['api_key', 'generate', '--option', 'form=uuid', '--option', 'length=40'], 'usage'],
    [['api_key', 'generate', '--option', 'colour=red'], 'usage'],
    [['api_key', 'manual', '--option', 'a=b'], 'usage'],
    [['api_key', 'command', '--option', 'program=x', '--option', 'program=y'], 'usage'],
    [['api_key', 'command', '--option', 'program'], 'usage'],
    [['api_key', 'command', '--option', 'program=x', '--option', 'overlap=soon'], 'usage'],
    [
      ['api_key', 'command', '--option', 'program=x', '--option', 'token=sk_live_4eC39HqLyjWDarjtT1zdp7dc'],
      'invalid_value',
    ],
    [['api_key', 'command', '--option', 'program=x', '--option', 'admin_token=anything'], 'invalid_value'],
    [['nothing', 'generate'], 'secret_not_found'],
  ])('source set %j is refused: %s', async (argv, code) => {
    expect((await project.json(['source', 'set', ...argv])).code).toBe(code);
  });

  test('asked whether it would work, it makes nothing; with a yes it goes through every action and leaves nothing', async () => {
    await setCommand();
    const { exit, json } = await project.json<{ environment: string; overlap: string; actions: object[] }[]>([
      'source',
      'test',
      'api_key',
    ]);
    expect(exit).toBe(0);
    expect(json.map(({ environment, overlap, actions }) => [environment, overlap, actions.length])).toEqual(
      ['development', 'staging', 'production'].map((name) => [name, 'unlimited', 1]),
    );
    expect(made()).toEqual([]);
    const all = await project.json<{ actions: { action: string; result: string }[] }[]>([
      'source',
      'test',
      'api_key',
      '--yes',
    ]);
    expect(all.exit).toBe(0);
    expect(all.json[0]!.actions.map(({ action, result }) => `${action} ${result}`)).toEqual([
      'test ok',
      'create ok',
      'find ok',
      'usage ok',
      'disable ok',
      'enable ok',
      'disable again ok',
      'revoke ok',
      'revoke again ok',
    ]);
    expect(made().map(({ state }) => state)).toEqual(['deleted', 'deleted', 'deleted']);
  });

  test('a program that fails is told with its last words, masked; of these nothing is kept', async () => {
    await setCommand();
    await must(project.knox(['add', 'wrong_admin', '--shared'], 'wrong-admin-of-it'));
    const options = ['--option', `program=${writeKeyProgram(project.folder)}`, '--option', `url=${service.url}`];
    await must(
      project.knox(['source', 'set', 'api_key', 'command', ...options, '--option', 'admin={{secret:wrong_admin}}']),
    );
    const ran = await project.knox(['rotate', 'api_key', '--yes']);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('refused with [knox:wrong_admin], old [knox:api_key]');
    expect(ran.stderr).not.toContain('wrong-admin-of-it');
    const log = (await must(project.knox(['audit', '--json']))).stdout.toString();
    const status = (await must(project.knox(['rotate', 'api_key', '--status', '--json']))).stdout.toString();
    expect(log + status).not.toContain('refused with');
  });
});

describe('a rotation with a source', () => {
  test('gets the new values there, asks it for uses, disables, revokes, sees it dead: nobody does anything by hand', async () => {
    await addRoutes(project);
    await setCommand();
    const first = await rotate();
    expect([first.exit, first.json.step, first.json.state]).toEqual([0, 'monitor', 'waiting']);
    expect(made()).toHaveLength(3);
    expect(await get('api_key_v2', 'production')).toBe(made().find(({ id }) => id === 'key-6')!.value);
    project.laterBy(48);
    const old = [...service.keys.values()].find(({ value }) => value === OLD.production)!;
    old.lastUsedAt = '2026-01-12T09:30:00.000Z';
    const used = await rotate();
    expect([used.exit, used.json.step, used.json.needs?.kind]).toEqual([0, 'verify', 'time']);
    expect(used.json.steps[7]!.detail).toContain('api_key for production at 2026-01-12T09:30:00.000Z, as its source');
    project.laterBy(48);
    service.log.length = 0;
    service.lag = 2;
    const done = await rotate('--confirm', 'update-docs');
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(done.json.steps[8]!.detail).toContain('401');
    expect(service.log.filter((line) => /^(PATCH|DELETE)/.test(line)).map((line) => line.split(' ')[0])).toEqual([
      ...Array.from({ length: 3 }, () => 'PATCH'),
      ...Array.from({ length: 3 }, () => 'DELETE'),
    ]);
    expect(Object.values(OLD).map((value) => service.letsIn(value))).toEqual([false, false, false]);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('an answer that was lost is found again: one key is made, whatever is lost', async () => {
    await setCommand();
    service.loseAnswers = 1;
    const lost = await rotate('--until', 'create');
    expect([lost.exit, lost.code, lost.json.step]).toEqual([1, 'source_failed', 'generate']);
    const again = await project.knox(['rotate', 'api_key', '--yes', '--until', 'create']);
    expect(again.stderr).toContain('Found the new value');
    expect(made()).toHaveLength(3);
    expect(await get('api_key_v2', 'development')).toBe(made()[0]!.value);
  });

  test('where the source cannot tell, the attempt is named and another one made', async () => {
    await setCommand(['find']);
    service.loseAnswers = 1;
    await rotate('--until', 'create');
    const attempt = made()[0]!.attempt;
    const again = await project.knox(['rotate', 'api_key', '--yes', '--until', 'create']);
    expect([again.exit, again.stderr]).toEqual([0, expect.stringContaining(attempt)]);
    expect(made()).toHaveLength(4);
  });

  test('what fails and passes is tried again; a failure for a person stops it', async () => {
    await setCommand();
    service.fail = 2;
    expect((await rotate('--until', 'create')).exit).toBe(0);
  });

  test('a source that cannot revoke leaves that to a person, and a probe says when it is done', async () => {
    await addRoutes(project);
    await setCommand(['usage', 'disable', 'enable', 'revoke']);
    await rotate();
    project.laterBy(48);
    const stays = await rotate();
    expect([stays.exit, stays.code, stays.json.step]).toEqual([1, 'probe_failed', 'delete-old']);
    for (const key of service.keys.values()) if (!key.value.startsWith('made-')) key.state = 'deleted';
    expect((await rotate()).json.needs?.environments).toEqual(['development']);
    expect((await rotate('--confirm', 'delete-old,update-docs')).json.state).toBe('done');
  });

  test('where refusing the old value breaks production, it is let in again, and nothing is revoked', async () => {
    await addRoutes(project);
    await setCommand();
    await rotate();
    project.laterBy(48);
    const letsIn = service.letsIn.bind(service);
    const oldKey = [...service.keys.values()].find(({ value }) => value === OLD.production)!;
    // Production needs the old one too, which nobody knew.
    project.accepted.has = (value) => letsIn(value) && oldKey.state === 'active';
    const broken = await rotate();
    expect([broken.exit, broken.code, broken.json.step]).toEqual([1, 'probe_failed', 'delete-old']);
    expect(oldKey.state).toBe('active');
    project.accepted.has = letsIn;
    expect((await rotate('--confirm', 'update-docs')).json.state).toBe('done');
    expect(oldKey.state).toBe('deleted');
  });

  test('a quarantine keeps it disabled, with a way back', async () => {
    await addRoutes(project);
    await setCommand();
    await rotate('--quarantine', '7d');
    project.laterBy(48);
    const waits = await rotate();
    expect([waits.exit, waits.json.step, waits.json.needs?.kind]).toEqual([0, 'delete-old', 'time']);
    const oldKey = [...service.keys.values()].find(({ value }) => value === OLD.production)!;
    expect(oldKey.state).toBe('disabled');
    const back = await project.json(['rotate', 'api_key', '--rollback']);
    expect([back.exit, back.json.state, oldKey.state]).toEqual([0, 'rolled-back', 'active']);
    expect(made().map(({ state }) => state)).toEqual(['active', 'active', 'active']);
  });

  test('a rollback revokes the new one where that is asked', async () => {
    await setCommand();
    await rotate('--until', 'create');
    const back = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect([back.exit, back.json.state]).toEqual([0, 'rolled-back']);
    expect(made().map(({ state }) => state)).toEqual(['deleted', 'deleted', 'deleted']);
    expect((await rotate('--until', 'create')).json.to).toBe('api_key_v3');
  });

  test('what a rollback left alive is named, and is revoked once somebody says so', async () => {
    await setCommand();
    await rotate('--until', 'create');
    const back = await project.knox(['rotate', 'api_key', '--rollback']);
    expect(back.stderr).toContain('knox rotate api_key --rollback --confirm delete-old revokes them');
    expect(made().map(({ state }) => state)).toEqual(['active', 'active', 'active']);
    const after = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect([after.exit, after.json.state, after.json.next]).toEqual([
      0,
      'rolled-back',
      'Rolled back: api_key is in use again.',
    ]);
    expect(made().map(({ state }) => state)).toEqual(['deleted', 'deleted', 'deleted']);
    const again = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect(again).toMatchObject({ exit: 7, code: 'no_way_back' });
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('a source that cannot be asked keeps nothing from going back', async () => {
    await addRoutes(project);
    await setCommand();
    await rotate();
    await must(project.knox(['delete', 'service_admin', '--yes']));
    const back = await project.json(['rotate', 'api_key', '--rollback']);
    expect([back.exit, back.json.state]).toEqual([0, 'rolled-back']);
    expect(project.read('config/prod.json')).toContain('{{secret:api_key}}');
    const asked = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect(asked).toMatchObject({ exit: 5, code: 'secret_not_found' });
    await must(project.knox(['add', 'service_admin', '--shared'], 'admin-of-the-service'));
    const revoked = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect([revoked.exit, made().map(({ state }) => state)]).toEqual([0, ['deleted', 'deleted', 'deleted']]);
  });

  test('an abort revokes what was made where that is asked, and else names it', async () => {
    await setCommand();
    await rotate('--until', 'generate');
    const asked = await project.knox(['rotate', 'api_key', '--abort', '--confirm', 'delete-old']);
    expect([asked.exit, asked.stderr]).toEqual([0, expect.not.stringContaining('still work')]);
    expect(made().map(({ state }) => state)).toEqual(['deleted', 'deleted', 'deleted']);
    await rotate('--until', 'generate');
    const left = await project.knox(['rotate', 'api_key', '--abort']);
    expect(left.stderr).toContain(
      '(development, staging, production) still work where they were made: revoke them there',
    );
    expect((await project.json(['rotate', 'api_key', '--status'])).json.next).not.toContain('still work');
  });

  test('what was done in one environment is known where it fails in the next: for the way back, and for none', async () => {
    project.write(
      'program.sh',
      `test "$KNOX_ACTION $KNOX_ENVIRONMENT" = "$(cat fail)" && exit 1
echo "$KNOX_ACTION $KNOX_ENVIRONMENT" >> calls
test "$KNOX_ACTION" = create && echo "{\\"value\\": \\"made-$KNOX_ENVIRONMENT-value\\", \\"handle\\": \\"h\\"}"
exit 0
`,
    );
    await must(project.knox(['source', 'set', 'api_key', 'command', '--option', 'program=sh program.sh']));
    const through = [
      '--skip',
      'monitor',
      '--force',
      'too_early',
      '--reason',
      't',
      '--confirm',
      'test-staging,delete-old',
    ];
    const calls = () =>
      project
        .read('calls')
        .split('\n')
        .filter((line) => /^(enable|disable|revoke)/.test(line));
    project.write('fail', 'disable production');
    expect((await rotate(...through, '--confirm', 'update-production')).json.step).toBe('delete-old');
    expect((await rotate('--rollback')).exit).toBe(0);
    expect(calls()).toEqual(['disable development', 'disable staging', 'enable development', 'enable staging']);
    project.write('calls', '');
    project.write('fail', 'revoke production');
    expect((await rotate(...through, '--confirm', 'update-production')).json.step).toBe('delete-old');
    expect(calls().slice(-2)).toEqual(['revoke development', 'revoke staging']);
    const back = await rotate('--rollback');
    expect(back).toMatchObject({ exit: 7, code: 'no_way_back' });
    project.write('fail', '');
    expect((await rotate(...through, '--confirm', 'update-docs')).json.state).toBe('done');
    expect(calls().filter((line) => line === 'revoke development')).toHaveLength(1);
  });

  test('a value that a guard refuses is named where it lives on, and taken by force', async () => {
    project.write('answer.json', JSON.stringify({ value: OLD.production, handle: 'key-made-1' }));
    await must(project.knox(['source', 'set', 'api_key', 'command', '--option', 'program=cat answer.json']));
    const refused = await project.knox(['rotate', 'api_key', '--yes', '--json']);
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain('its source has made it: key-made-1 still exists there');
    const forced = await rotate('--until', 'create', '--force', 'same_value', '--reason', 'a test service');
    expect([forced.exit, await get('api_key_v2', 'staging')]).toEqual([0, OLD.production]);
  });

  test('the window is not longer than old and new live side by side', async () => {
    await setCommand([], 'overlap=12h');
    writeKeyProgram(project.folder);
    const first = await rotate();
    expect([first.json.step, first.json.waitUntil]).toEqual(['monitor', '2026-01-11T00:00:00.000Z']);
    const longer = await rotate('--window', '72h');
    expect(longer.json.waitUntil).toBe('2026-01-11T00:00:00.000Z');
  });

  test('a value that is given wins over the source', async () => {
    await setCommand();
    const given = { development: 'typed-dev-value', staging: 'typed-staging-value' };
    const ran = await project.json(
      ['rotate', 'api_key', '--yes', '--values-stdin', '--until', 'create'],
      JSON.stringify(given),
    );
    expect([ran.exit, made().length, await get('api_key_v2', 'staging')]).toEqual([0, 1, 'typed-staging-value']);
  });
});

describe('a generator as a source', () => {
  test('makes values by its form, in every rotation, and the record says unproven', async () => {
    await must(project.knox(['source', 'set', 'api_key', 'generate', '--option', 'form=hex', '--option', 'length=40']));
    const ran = await rotate('--until', 'create');
    expect(ran.exit).toBe(0);
    for (const environment of ['development', 'staging'])
      expect(await get('api_key_v2', environment)).toMatch(/^[0-9a-f]{40}$/);
    await rotate();
    project.laterBy(48 + 48);
    const done = await rotate(
      '--confirm',
      'update-docs,verify',
      '--force',
      'still_used',
      '--reason',
      'the test looked',
    );
    expect([done.json.state, done.json.steps[8]!.detail]).toEqual(['done', expect.stringContaining('unproven')]);
  });

  test('one environment’s secrets are not in another’s options', async () => {
    await must(project.knox(['add', 'only_prod', '-e', 'production'], 'value-of-only-prod'));
    await must(
      project.knox([
        'source',
        'set',
        'api_key',
        'command',
        '--option',
        'program=true',
        '--option',
        'a={{secret:only_prod}}',
      ]),
    );
    expect((await rotate()).code).toBe('value_missing');
  });
});
