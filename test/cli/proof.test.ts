/** What a rotation says of the old value: each environment's is dead by its own proof, or it is asked for. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/evidence/types.ts';
import { makeProject, must, NEW, OLD, PROBE, trustFrom } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  for (const key of Object.values(NEW)) project.accepted.add(key);
});
afterEach(() => project.remove());

const HEADER = ['--header', 'Authorization: Bearer {{secret:api_key}}', '--yes'];
const route = (path: string, environment: string, ...more: string[]) =>
  must(project.knox(['route', 'add', path, '-e', environment, ...more]));
const probed = (path: string, environment: string) => route(path, environment, '--probe', PROBE, ...HEADER);
const VOUCHED = ['--confirm', 'test-staging,update-production'];
/** @param kept environments that keep their value */
function start(kept: readonly string[], ...more: string[]) {
  const values = Object.fromEntries(Object.entries(NEW).filter(([name]) => !kept.includes(name)));
  const keep = kept.length === 0 ? [] : ['--keep', kept.join(',')];
  const argv = ['rotate', 'api_key', '--values-stdin', '--yes', ...VOUCHED, ...keep, ...more];
  return project.json(argv, JSON.stringify(values));
}
const goOn = (...more: string[]) => project.json(['rotate', 'api_key', ...more]);
const proofs = async () => {
  const { secrets } = (await project.json<Evidence>(['evidence'])).json;
  const { proof } = secrets[0]!.rotations[0]!;
  return proof === null
    ? null
    : [proof.kind, ...proof.environments.map((one) => [one.environment, one.kind, one.route, one.status, one.through])];
};

/** Up to the step at which the old values are revoked. */
async function watchedFor48Hours(...more: string[]): Promise<void> {
  for (const [name, environment] of [
    ['s', 'staging'],
    ['p', 'production'],
  ] as const)
    project.write(`${name}.env`, `${environment}={{secret:api_key}}\n`);
  await probed('s.env', 'staging');
  await route('p.env', 'production');
  expect((await start(['development'], ...more)).json.step).toBe('monitor');
  project.laterBy(48);
}

describe('an environment that nothing could ask', () => {
  test('is named and asked for, whatever the probe of another one saw', async () => {
    await watchedFor48Hours();
    project.accepted.delete(OLD.staging);
    const asked = await goOn('--yes');
    expect([asked.exit, asked.code, asked.json.step, asked.json.needs]).toEqual([
      2,
      'needs_terminal',
      'delete-old',
      { kind: 'confirm', step: 'delete-old', until: null, environments: ['production'] },
    ]);
    expect(asked.json.next).toContain('for production');
    expect((await project.knox(['get', 'api_key', '-e', 'production'])).stdout.toString()).toBe(OLD.production);
    expect(await proofs()).toBeNull();
    const force = ['--force', 'still_used', '--reason', 'the test looked'];
    const done = await goOn('--confirm', 'delete-old,update-docs', ...force);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(await proofs()).toEqual([
      'vouched',
      ['staging', 'refused', 's.env', 401, null],
      ['production', 'vouched', null, null, null],
    ]);
    const text = (await project.knox(['audit', '--action', 'rotation-revoked'])).stdout.toString();
    expect(text).toContain('proofs: api_key staging refused s.env 401 ');
    expect(text).toContain('; api_key production vouched ');
    const entries = (await project.json<{ action: string; detail: { proofs: unknown } }[]>(['audit'])).json;
    expect(entries.find(({ action }) => action === 'rotation-revoked')!.detail.proofs).toEqual([
      expect.objectContaining({
        secret: 'api_key',
        environment: 'staging',
        kind: 'refused',
        route: 's.env',
        status: 401,
      }),
      expect.objectContaining({ secret: 'api_key', environment: 'production', kind: 'vouched', route: null }),
    ]);
  });

  test('is asked for on a terminal by its name, and a no deletes nothing', async () => {
    await watchedFor48Hours();
    project.accepted.delete(OLD.staging);
    const questions: string[] = [];
    const answer = (isYes: boolean) => ({
      prompts: {
        confirm: async ({ message }: { message: string }) => {
          questions.push(message);
          return message.includes('revoke') ? isYes : true;
        },
      } as never,
    });
    await project.knox(['rotate', 'api_key'], '', answer(false));
    expect(questions).toEqual(['Did you revoke the value of api_key for production?']);
    expect((await goOn('--status')).json.step).toBe('delete-old');
    await must(project.knox(['rotate', 'api_key'], '', answer(true)));
    expect((await goOn('--status')).json.state).toBe('done');
  });

  test('keeps --revoke-first and --compromised from going on by themselves', async () => {
    project.write('s.env', 'K={{secret:api_key}}\n');
    await probed('s.env', 'staging');
    project.accepted.delete(OLD.staging);
    const first = await start([], '--compromised', '--revoke-first', '--reason', 'leaked');
    expect([first.exit, first.json.step, first.json.needs?.environments]).toEqual([
      2,
      'create',
      ['development', 'production'],
    ]);
    expect(first.json.incident).toMatchObject({ revokedAt: null });
    const second = await goOn('--yes', '--confirm', 'delete-old,update-docs');
    expect([second.json.state, second.json.incident?.revokedAt]).toEqual(['done', project.now.toISOString()]);
  });

  test('is left to a person by a timer, also where the rotation was begun with --yes', async () => {
    await watchedFor48Hours();
    project.accepted.delete(OLD.staging);
    const ran = await project.json<{ step: string; needs: { environments: string[] } }[]>(['rotations', 'continue']);
    expect([ran.exit, ran.json[0]!.step, ran.json[0]!.needs.environments]).toEqual([0, 'delete-old', ['production']]);
  });
});

describe('one value', () => {
  test("that two environments hold is refused for the one whose probe asked: the other's server may let it in", async () => {
    await must(project.knox(['add', 'token', '-e', 'staging'], 'one-old-token'));
    const same = ['--force', 'same_value', '--reason', 'one key for both'];
    await must(project.knox(['add', 'token', '-e', 'production', ...same], 'one-old-token'));
    project.write('t.env', 'T={{secret:token}}\n');
    const header = ['--header', 'Authorization: Bearer {{secret:token}}', '--yes'];
    await route('t.env', 'staging', '--probe', PROBE, ...header);
    project.accepted.add('new-token-staging');
    const values = '{"staging":"new-token-staging","production":"new-token-production"}';
    await project.json(['rotate', 'token', '--values-stdin', '--yes', ...VOUCHED], values);
    project.write('forgotten.txt', 'one-old-token\n');
    project.laterBy(48);
    const stopped = await project.json(['rotate', 'token']);
    expect(stopped.json.steps[8]!.detail).toContain('forgotten.txt:1 holds the value of token for staging, production');
    project.write('forgotten.txt', '');
    const asked = await project.json(['rotate', 'token']);
    expect([asked.exit, asked.json.needs?.environments]).toEqual([2, ['production']]);
    const done = await project.json(['rotate', 'token', '--confirm', 'delete-old,update-docs']);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    const { secrets } = (await project.json<Evidence>(['evidence'])).json;
    const proof = secrets.find(({ base }) => base === 'token')!.rotations[0]!.proof!;
    expect(proof.environments.map(({ environment, kind, through }) => [environment, kind, through])).toEqual([
      ['staging', 'refused', null],
      ['production', 'vouched', null],
    ]);
  });

  test('that is shared is one value: a probe of one environment is enough', async () => {
    await must(project.knox(['add', 'token', '--shared'], 'one-old-token'));
    project.write('t.env', 'T={{secret:token}}\n');
    const header = ['--header', 'Authorization: Bearer {{secret:token}}', '--yes'];
    await route('t.env', 'production', '--probe', PROBE, ...header);
    project.accepted.add('one-new-token');
    await project.json(['rotate', 'token', '--values-stdin', '--yes', ...VOUCHED], '{"shared":"one-new-token"}');
    project.laterBy(48);
    const done = await project.json(['rotate', 'token', '--confirm', 'update-docs']);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    const { secrets } = (await project.json<Evidence>(['evidence'])).json;
    const proof = secrets.find(({ base }) => base === 'token')!.rotations[0]!.proof!;
    expect(proof.environments.find(({ environment }) => environment === 'staging')).toMatchObject({
      kind: 'refused',
      through: 'production',
    });
    expect(proof.text).toContain('for production, which shared the value');
  });

  test('that is shared: what a probe of pre-production says is no proof of the value of production', async () => {
    await must(project.knox(['add', 'token', '--shared'], 'one-old-token'));
    project.write('t.env', 'T={{secret:token}}\n');
    const header = ['--header', 'Authorization: Bearer {{secret:token}}', '--yes'];
    await route('t.env', 'staging', '--probe', PROBE, ...header);
    project.accepted.add('one-new-token');
    await project.json(['rotate', 'token', '--values-stdin', '--yes', ...VOUCHED], '{"shared":"one-new-token"}');
    project.laterBy(48);
    const asked = await project.json(['rotate', 'token']);
    expect([asked.exit, asked.json.step, asked.json.needs?.environments]).toEqual([2, 'delete-old', ['production']]);
    const done = await project.json(['rotate', 'token', '--confirm', 'delete-old,update-docs']);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    const { secrets } = (await project.json<Evidence>(['evidence'])).json;
    const proof = secrets.find(({ base }) => base === 'token')!.rotations[0]!.proof!;
    expect(proof.environments.map(({ environment, kind, through }) => [environment, kind, through])).toEqual([
      ['development', 'refused', 'staging'],
      ['staging', 'refused', null],
      ['production', 'vouched', null],
    ]);
  });
});

describe('a probe', () => {
  test('that does not send the secret proves nothing of it', async () => {
    project.write('p.env', 'K={{secret:api_key}}\n');
    await route('p.env', 'production', '--probe', 'https://pay.example.com/health', '--yes', '--expect', '200-401');
    expect((await start(['development', 'staging'])).json.step).toBe('monitor');
    project.laterBy(48);
    const before = project.requests.length;
    const asked = await goOn();
    expect([asked.exit, asked.json.step, asked.json.needs?.environments]).toEqual([2, 'delete-old', ['production']]);
    // Step 7 and 8 looked at production; step 9 sent nothing.
    expect(project.requests.length - before).toBe(2);
  });

  test('of two secrets that belong together sends both old ones', async () => {
    await must(project.knox(['add', 'key_id', '-e', 'production'], 'id-old-0001'));
    await must(project.knox(['add', 'key_secret', '-e', 'production'], 'secret-old-0001'));
    project.write('a.env', 'ID={{secret:key_id}}\nS={{secret:key_secret}}\n');
    const header = ['--header', 'Authorization: Bearer {{secret:key_id}}/{{secret:key_secret}}', '--yes'];
    await route('a.env', 'production', '--probe', PROBE, ...header);
    project.accepted.add('id-old-0001/secret-old-0001').add('id-new-0001/secret-new-0001');
    const values = '{"key_id":{"production":"id-new-0001"},"key_secret":{"production":"secret-new-0001"}}';
    const both = ['rotate', 'key_id', 'key_secret'];
    await project.json([...both, '--values-stdin', '--yes', ...VOUCHED], values);
    project.laterBy(48);
    const alive = await project.json(both);
    expect(alive).toMatchObject({ exit: 1, code: 'probe_failed' });
    project.accepted.delete('id-old-0001/secret-old-0001');
    expect((await project.json([...both, '--confirm', 'update-docs'])).json.state).toBe('done');
  });
});

describe('a source', () => {
  /** A program that makes values, and does what its `case` says beside. */
  async function setProgram(more: string): Promise<void> {
    const made = `printf '{"value":"made-%s-%s"}' "$KNOX_ENVIRONMENT" "$KNOX_ROTATION"`;
    const text = `echo "$KNOX_ACTION $KNOX_ENVIRONMENT" >> asked.log; cat > /dev/null; case "$KNOX_ACTION-$KNOX_ENVIRONMENT" in create-*) ${made};; ${more} *) exit 64;; esac`;
    project.write('program.sh', `${text}\n`);
    await must(project.knox(['source', 'set', 'api_key', 'command', '--option', 'program=sh program.sh']));
  }
  const asked = (line: string) =>
    project
      .read('asked.log')
      .split('\n')
      .filter((one) => one === line).length;
  const begin = async () => {
    expect((await goOn('--yes')).json.step).toBe('monitor');
    project.laterBy(48);
  };

  test('of kind generate leaves each value unproven, with nobody asked', async () => {
    await must(project.knox(['source', 'set', 'api_key', 'generate']));
    await begin();
    const done = await goOn('--yes', '--confirm', 'update-docs');
    expect([done.json.state, done.json.steps[8]!.detail]).toEqual(['done', expect.stringContaining('unproven')]);
    expect((await proofs())!.slice(1).map((one) => one[1])).toEqual(['unproven', 'unproven', 'unproven']);
  });

  test('that revokes in one environment leaves the others to a person; what it revoked is no way back, and not revoked twice', async () => {
    await setProgram('revoke-staging) ;;');
    await begin();
    const waits = await goOn('--yes');
    expect([waits.exit, waits.json.step, waits.json.needs?.environments]).toEqual([
      2,
      'delete-old',
      ['development', 'production'],
    ]);
    expect(await proofs()).toBeNull();
    expect((await goOn('--rollback')).code).toBe('no_way_back');
    expect((await goOn('--confirm', 'delete-old,update-docs')).json.state).toBe('done');
    expect((await proofs())!.map((one) => (typeof one === 'string' ? one : one.slice(0, 2)))).toEqual([
      'vouched',
      ['development', 'vouched'],
      ['staging', 'revoked'],
      ['production', 'vouched'],
    ]);
    expect(asked('revoke staging')).toBe(1);
  });

  test('that can tell is asked where no probe is: dead is a proof, live is waited for, unknown is left to a person', async () => {
    await setProgram(
      `check-production) if [ -e dead ]; then echo '{"state":"dead"}'; else echo '{"state":"live"}'; fi;; check-staging) echo '{"state":"unknown"}';; check-development) exit 1;;`,
    );
    await begin();
    const alive = await goOn('--yes', '--confirm', 'delete-old');
    expect([alive.exit, alive.code, alive.json.step]).toEqual([1, 'probe_failed', 'delete-old']);
    expect(alive.json.steps[8]!.detail).toContain('its source (command) for production (live)');
    project.write('dead', '');
    const waits = await goOn('--yes');
    expect([waits.exit, waits.json.needs?.environments]).toEqual([2, ['development', 'staging']]);
    const done = await goOn('--confirm', 'delete-old,update-docs');
    expect([done.json.state, done.json.steps[8]!.detail]).toEqual([
      'done',
      expect.stringContaining('production refused, as its source (command) says'),
    ]);
  });
});

describe('a probe that is registered in another project', () => {
  const inWeb = (argv: readonly string[]) => project.knox(argv, '', { cwd: join(project.folder, 'web') });

  beforeEach(async () => {
    project.write(
      'web/.knox/config.json',
      JSON.stringify({ vault: join(project.folder, '.knox/vault.db'), project: 'web' }),
    );
    await trustFrom(project, join(project.folder, 'web'));
    project.write('web/p.env', 'K={{secret:api_key}}\n');
    project.write('s.env', 'K={{secret:api_key}}\n');
    await must(inWeb(['route', 'add', 'p.env', '-e', 'production', '--probe', PROBE, ...HEADER]));
    await route('s.env', 'staging');
    await start(['development']);
    await must(inWeb(['rotate', 'api_key', '--yes', ...VOUCHED]));
    project.laterBy(48);
  });

  test('is in the way while it lets the old value in, whatever a person says from here', async () => {
    const alive = await project.knox(['rotate', 'api_key', '--confirm', 'delete-old']);
    expect(alive.exit).toBe(1);
    const { needs } = (await project.json(['rotate', 'api_key', '--status'])).json;
    expect(needs).toEqual({ kind: 'fix', step: 'delete-old', until: null, environments: ['production'] });
    expect(alive.stderr).toContain('the old value still passes the probe of p.env of the project "web" for production');
    expect((await project.json<{ state: string }>(['show', 'api_key'])).json.state).toBe('live');
    project.accepted.delete(OLD.production);
    const asked = await goOn();
    expect([asked.json.step, asked.json.needs?.environments]).toEqual(['delete-old', ['staging']]);
    expect((await goOn('--confirm', 'delete-old')).json.step).toBe('update-docs');
    expect(await proofs()).toEqual([
      'vouched',
      ['staging', 'vouched', null, null, null],
      ['production', 'refused', 'p.env', 401, null],
    ]);
  });

  test('is named by steps 7 and 8, which do not send it', async () => {
    const asked = await goOn();
    expect(asked.json.steps[6]!.detail).toContain(
      'production is probed from the project "web" and was not checked from here',
    );
    expect(asked.json.steps[7]!.detail).toContain(
      'not checked: commands that knox run started on other machines; production itself, which is probed from the project "web"',
    );
    expect(asked.json.steps[7]!.detail).not.toContain('no probe');
  });

  test('says nothing where another service answers from here, which knows the new value no better', async () => {
    const asked = await project.knox(['rotate', 'api_key'], '', {
      fetch: () => Promise.resolve(new Response('', { status: 401 })),
    });
    expect(asked).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('the value of api_key for staging, production'),
    });
  });

  test('says nothing where it gets no answer from here', async () => {
    const asked = await project.knox(['rotate', 'api_key'], '', {
      fetch: () => Promise.reject(new TypeError('unreachable')),
    });
    expect(asked).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('the value of api_key for staging, production'),
    });
  });
});

describe('a probe that answers an old value with neither yes nor no', () => {
  const broken = (async (_url: string, options?: { headers?: [string, string][] }) => {
    const key = new Map(options?.headers).get('Authorization')!.replace('Bearer ', '');
    return new Response(null, { status: key === OLD.production ? 503 : project.accepted.has(key) ? 200 : 401 });
  }) as unknown as typeof fetch;
  beforeEach(async () => {
    project.write('p.env', 'K={{secret:api_key}}\n');
    await probed('p.env', 'production');
    await start(['development', 'staging']);
    project.laterBy(48);
  });

  test('proves nothing, and leaves it to a person who knows', async () => {
    const unclear = await project.knox(['rotate', 'api_key', '--yes'], '', { fetch: broken });
    expect(unclear).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('neither accepted nor refused by the probe of p.env for production (503'),
    });
    expect(unclear.stderr).toContain('if you know that it is revoked: knox rotate api_key --confirm delete-old');
    await project.knox(['rotate', 'api_key', '--confirm', 'delete-old'], '', { fetch: broken });
    expect(await proofs()).toEqual(['vouched', ['production', 'vouched', null, null, null]]);
  });

  test('so does one that turns away the new value as well', async () => {
    const wall = { fetch: () => Promise.resolve(new Response('', { status: 403 })) };
    const known = async (_url: string, options?: { headers?: [string, string][] }) => {
      const isOld = new Map(options?.headers).get('Authorization')!.endsWith(OLD.production);
      walled ||= isOld;
      return walled ? wall.fetch() : new Response(null, { status: 200 });
    };
    let walled = false;
    const shut = await project.knox(['rotate', 'api_key', '--yes'], '', { fetch: known as unknown as typeof fetch });
    expect([shut.exit, shut.stderr]).toEqual([
      1,
      expect.stringContaining(
        'neither accepted nor refused by the probe of p.env for production (403 Forbidden, for the new value too)',
      ),
    ]);
    expect(await proofs()).toBeNull();
  });

  test('a value that is let in is not vouched for', async () => {
    const alive = await goOn('--confirm', 'delete-old');
    expect([alive.exit, alive.code, alive.json.step]).toEqual([1, 'probe_failed', 'delete-old']);
    expect(await proofs()).toBeNull();
  });
});
