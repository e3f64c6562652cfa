import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import type { Prompts } from '../../src/terminal/prompts.ts';
import type { ListedSecret } from '../../src/vault/secrets/describe-secret.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';
import { answering, terminal } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

interface ListedKey {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly publicKey: string;
  readonly environments: readonly string[];
  readonly admin: boolean;
  readonly identity: string;
}

const IDENTITY = /^knox_vault_1_[A-Za-z0-9_-]{48}$/;

/** With the key file of somebody else, on a machine of his own. */
const as = (name: string, argv: readonly string[], stdin = '', env: Record<string, string> = {}): Promise<Ran> =>
  runKnox(project.folder, argv, stdin, {
    KNOX_KEY_FILE: join(project.folder, name),
    XDG_STATE_HOME: join(project.folder, `state-${name}`),
    PATH: process.env['PATH'] ?? '',
    ...env,
  });
const codeOf = async (ran: Promise<Ran>): Promise<string> => {
  const { exit, stderr } = await ran;
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"'));
  return line === undefined
    ? `exit ${exit}`
    : `${exit} ${(JSON.parse(line) as { error: { code: string } }).error.code}`;
};
const errorOf = async (ran: Promise<Ran>): Promise<{ message: string; hints: string[] }> => {
  const line = (await ran).stderr.split('\n').find((text) => text.startsWith('{"error"'))!;
  return (JSON.parse(line) as { error: { message: string; hints: string[] } }).error;
};
/** A key file of one's own, and its public half. */
const keyOf = async (name: string): Promise<string> =>
  (await must(project.knox(['key', 'new', name]))).stdout.toString().trim();
const add = async (...argv: string[]): Promise<ListedKey> => {
  const { exit, code, json } = await project.json<ListedKey>(['key', 'add', ...argv]);
  expect([exit, code]).toEqual([0, null]);
  return json;
};
/** Types these into hidden questions. */
const passphrases = (...typed: string[]) =>
  answering(...typed.map((text) => [/passphrase|Repeat it/i, text] as [RegExp, string])).prompts;
const keys = async (): Promise<ListedKey[]> => (await project.json<ListedKey[]>(['key', 'list'])).json;

describe('key add', () => {
  test('by public key: the environments given, and no other', async () => {
    const publicKey = await keyOf('ci.key');
    const added = await add('--recipient', publicKey, '--env', 'development,staging', '--label', 'build server');
    expect(added).toMatchObject({
      label: 'build server',
      kind: 'key-file',
      publicKey,
      environments: ['development', 'staging'],
      admin: false,
      identity: expect.stringMatching(IDENTITY),
    });
    expect((await keys()).at(-1)).toMatchObject({ id: added.id, label: 'build server', admin: false });
    // It was told the identity, and puts it under its key.
    writeFileSync(
      join(project.folder, 'ci.key'),
      `${readFileSync(join(project.folder, 'ci.key'), 'utf8')}${added.identity}\n`,
    );
    expect((await must(as('ci.key', ['get', 'api_key', '-e', 'staging']))).stdout.toString()).toBe(OLD.staging);
    expect((await must(as('ci.key', ['add', 'api_token', '-e', 'development'], 'a-new-token'))).exit).toBe(0);

    const refused = await errorOf(as('ci.key', ['get', 'api_key', '-e', 'production', '--json']));
    expect(refused).toEqual({
      code: 'not_granted',
      message: 'the key "build server" was not given the environment "production"',
      hints: ['keys that open it: first key'],
    });
    for (const argv of [
      ['key', 'add', '--recipient', publicKey],
      ['key', 'remove', added.id],
      ['rekey', '--yes'],
      ['env', 'add', 'qa'],
    ]) {
      const told = await errorOf(as('ci.key', [...argv, '--json']));
      expect(told, argv.join(' ')).toMatchObject({ code: 'not_granted', hints: ['keys that may: first key'] });
    }
  });

  test('prints the identity alone on stdout, and a letter to paste beside it', async () => {
    const { stdout, stderr } = await must(project.knox(['key', 'add', '--recipient', await keyOf('bo.key')]));
    expect(stdout.toString()).toMatch(/^knox_vault_1_\S+\n$/);
    expect(stderr).toContain(`    ${stdout.toString()}`);
    expect(stderr).toContain('Your key opens everything of our vault');
  });

  test('opens what comes later too where it was given everything', async () => {
    await add('--key-file', 'all.key');
    await must(project.knox(['env', 'add', 'qa']));
    await must(project.knox(['add', 'api_key', '-e', 'qa'], 'value-of-qa'));
    expect((await must(as('all.key', ['get', 'api_key', '-e', 'qa']))).stdout.toString()).toBe('value-of-qa');
  });

  test('by key file: makes one with the identity in it, or takes one that is there and puts it in', async () => {
    const made = await add('--key-file', 'new.key');
    expect(made).toMatchObject({ label: 'new', kind: 'key-file' });
    expect(statSync(join(project.folder, 'new.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(project.folder, 'new.key'), 'utf8')).toContain(`\n${made.identity}\n`);
    expect((await must(as('new.key', ['get', 'api_key', '-e', 'production']))).stdout.toString()).toBe(OLD.production);

    await keyOf('there.key');
    await add('--key-file', 'there.key', '--env', 'staging');
    expect(readFileSync(join(project.folder, 'there.key'), 'utf8').trimEnd()).toMatch(/\nknox_vault_1_\S+$/);
    expect((await must(as('there.key', ['get', 'api_key', '-e', 'staging']))).stdout.toString()).toBe(OLD.staging);
  });

  test('unlocks with one key file and adds another', async () => {
    const bare = (argv: string[]) => runKnox(project.folder, argv, '', { PATH: process.env['PATH'] ?? '' });
    await must(bare(['--key-file', 'k.key', 'key', 'add', '--key-file', 'a.key']));
    await must(bare(['key', 'add', '--key-file', 'b.key', '--key-file', 'k.key']));
    await must(bare(['key', 'add', '--recipient', await keyOf('c.key'), '--key-file', 'k.key']));
    expect((await keys()).map(({ label }) => label).slice(0, 3)).toEqual(['first key', 'a', 'b']);
    // With nothing that unlocks, no key file is left behind.
    expect(await codeOf(bare(['key', 'add', '--key-file', 'd.key', '--json']))).toBe('4 vault_locked');
    expect(existsSync(join(project.folder, 'd.key'))).toBe(false);
  });

  test('by passphrase: typed twice, or made and shown once', async () => {
    const typed = passphrases('correct horse battery', 'correct horse battery');
    await must(project.knox(['key', 'add', '--passphrase', '--env', 'staging'], '', { prompts: typed }));
    const unlocking = passphrases('correct horse battery');
    const bare = { KNOX_KEY_FILE: '', PATH: process.env['PATH'] ?? '' };
    const got = await must(
      runKnox(project.folder, ['get', 'api_key', '-e', 'staging'], '', bare, { prompts: unlocking }),
    );
    expect(got.stdout.toString()).toBe(OLD.staging);

    const { stderr } = await must(project.knox(['key', 'add', '--passphrase'], '', { prompts: passphrases('') }));
    const shown = /shown only once:\n\n {2}(\S{20})\n/.exec(stderr)![1]!;
    const other = await must(
      runKnox(project.folder, ['get', 'api_key', '-e', 'production'], '', bare, { prompts: passphrases(shown) }),
    );
    expect(other.stdout.toString()).toBe(OLD.production);
    expect((await keys()).map(({ label, kind }) => [label, kind]).slice(1)).toEqual([
      ['passphrase', 'passphrase'],
      ['passphrase 2', 'passphrase'],
    ]);
    expect(await codeOf(project.knox(['key', 'add', '--passphrase', '--json']))).toBe('2 needs_terminal');
  });

  test('refuses what is no public key, what is there already, and what nobody has', async () => {
    const publicKey = await keyOf('ci.key');
    const secret = /knox_key_1_\S+/.exec(readFileSync(join(project.folder, 'ci.key'), 'utf8'))![0];
    const given = await project.knox(['key', 'add', '--recipient', secret, '--json']);
    expect(await codeOf(Promise.resolve(given))).toBe('2 invalid_value');
    expect(given.stderr).not.toContain(secret.slice(11));
    expect(
      await codeOf(
        project.knox([
          'key',
          'add',
          '--recipient',
          publicKey.slice(0, -1) + (publicKey.endsWith('A') ? 'B' : 'A'),
          '--json',
        ]),
      ),
    ).toBe('2 invalid_value');
    expect(await codeOf(project.knox(['key', 'add', '--json']))).toBe('2 usage');
    expect(await codeOf(project.knox(['key', 'add', '--passphrase', '--recipient', publicKey, '--json']))).toBe(
      '2 usage',
    );
    expect(await codeOf(project.knox(['key', 'add', '--recipient', publicKey, '--env', 'qa', '--json']))).toBe(
      '5 environment_not_found',
    );
    const label = ['--label', 'ghp_0123456789abcdefghijABCDEFGHIJ012345'];
    expect(await codeOf(project.knox(['key', 'add', '--recipient', publicKey, ...label, '--json']))).toBe(
      '2 invalid_value',
    );
    const nobodys = encodeKeyText('public', new Uint8Array(64));
    expect(await codeOf(project.knox(['key', 'add', '--recipient', nobodys, '--json']))).toBe('2 invalid_value');
    await add('--recipient', publicKey);
    expect(await codeOf(project.knox(['key', 'add', '--recipient', publicKey, '--json']))).toBe('2 usage');
    mkdirSync(join(project.folder, 'other'));
    await must(runKnox(join(project.folder, 'other'), ['init', '--key-file', 'k.key']));
    expect(await codeOf(project.knox(['key', 'add', '--key-file', 'other/k.key', '--json']))).toBe('2 usage');
    expect(await keys()).toHaveLength(2);
  });
});

describe('the label of a key', () => {
  test("is no other key's label or id, and is looked at before anything is made or typed", async () => {
    const { id } = await add('--recipient', await keyOf('ci.key'), '--label', 'ci');
    const { prompts } = answering();
    for (const label of ['ci', id, '', 'first key'])
      for (const way of [['--key-file', 'new.key'], ['--passphrase']]) {
        const { exit, stderr } = await project.knox(['key', 'add', ...way, '--label', label], '', { prompts });
        expect([label, exit, stderr]).toEqual([label, 2, expect.stringContaining('label')]);
      }
    expect([existsSync(join(project.folder, 'new.key')), (await keys()).length]).toEqual([false, 2]);
    // Where none is given it is made from what there is.
    expect((await add('--key-file', 'ci.pem')).label).toBe('ci 2');
  });
});

describe('key list', () => {
  test('shows who opens what as a matrix on a terminal', async () => {
    await add('--recipient', await keyOf('ci.key'), '--env', 'staging', '--label', 'ci');
    const stdout = terminal(100);
    await must(project.knox(['key', 'list', '--no-color'], '', { stdout }));
    const [head, first, ci] = stdout.text().split('\n');
    expect(head).toMatch(/^Key +Id +Kind +development +staging +production +shared +admin +Last used/);
    const column = (line: string, name: string) => line[head!.indexOf(name)];
    const row = (line: string) =>
      ['development', 'staging', 'production', 'shared', 'admin'].map((name) => column(line, name));
    expect(row(first!)).toEqual(['+', '+', '+', '+', '+']);
    expect(row(ci!)).toEqual(['-', '+', '-', '-', '-']);
  });

  test('leaves out what matters least where the window is narrow, and never cuts an id', async () => {
    const { id } = await add('--recipient', await keyOf('ci.key'), '--env', 'staging', '--label', 'ci');
    for (const [columns, left] of [
      [80, /^Key +Id +development +staging +production +shared +admin *$/],
      [95, /^Key +Id +development +staging +production +shared +admin +Last used/],
    ] as const) {
      const stdout = terminal(columns);
      await must(project.knox(['key', 'list', '--no-color'], '', { stdout, stderr: terminal(columns) }));
      const [head, , ci] = stdout.text().split('\n');
      expect(head).toMatch(left);
      expect(ci).toContain(id);
    }
  });
});

describe('key remove', () => {
  test('makes the keys anew, marks what it could read, and leaves every other key as it was', async () => {
    await must(project.knox(['add', 'only_production', '-e', 'production'], 'value-in-production'));
    await must(project.knox(['add', 'everywhere', '--shared'], 'shared-value-here'));
    const removed = await add('--key-file', 'gone.key', '--env', 'staging,development', '--label', 'gone');
    await add('--key-file', 'stays.key', '--env', 'staging');
    const typed = passphrases('correct horse battery', 'correct horse battery');
    await must(project.knox(['key', 'add', '--passphrase'], '', { prompts: typed }));
    project.laterBy(1);
    const ran = await project.json<{ id: string; rekeyed: boolean; exposed: string[]; identity: string }>([
      'key',
      'remove',
      removed.id,
      '--yes',
    ]);
    expect(ran).toMatchObject({ exit: 0, json: { id: removed.id, rekeyed: true, exposed: ['api_key'] } });
    expect(ran.json.identity).not.toBe(removed.identity);
    expect((await project.json<{ identity: string }>(['audit', 'verify'])).json.identity).toBe(ran.json.identity);

    expect(await codeOf(as('gone.key', ['get', 'api_key', '-e', 'staging', '--json']))).toBe('4 wrong_key');
    expect((await must(as('stays.key', ['get', 'api_key', '-e', 'staging']))).stdout.toString()).toBe(OLD.staging);
    const bare = { KNOX_KEY_FILE: '', PATH: process.env['PATH'] ?? '' };
    const prompts = passphrases('correct horse battery');
    const typedIn = await must(
      runKnox(project.folder, ['get', 'everywhere', '-e', 'production'], '', bare, { prompts }),
    );
    expect(typedIn.stdout.toString()).toBe('shared-value-here');

    const listed = (await project.json<ListedSecret[]>(['list'])).json;
    const due = Object.fromEntries(listed.map(({ name, dueAt }) => [name, dueAt]));
    expect(due['api_key']).toBe(project.now.toISOString());
    expect(due['only_production']! > project.now.toISOString()).toBe(true);
    const found = await project.json<{ code: string; secret: string; message: string }[]>(['check']);
    expect(found.exit).toBe(3);
    expect(found.json.filter(({ code }) => code === 'exposed')).toMatchObject([
      { secret: 'api_key', message: expect.stringContaining('"gone"') },
    ]);
    const audit = (await project.json<{ action: string; detail: object }[]>(['audit', '--limit', '6'])).json;
    expect(audit.map(({ action }) => action)).toEqual(expect.arrayContaining(['key-remove', 'rekey']));
    expect((await project.json<{ brokenAt: null }>(['audit', 'verify'])).json.brokenAt).toBeNull();
  });

  test('prints the new identity, to be handed out, whatever the key could do', async () => {
    await add('--key-file', 'gone.key', '--env', 'staging', '--label', 'gone');
    const ran = await must(project.knox(['key', 'remove', 'gone', '--yes']));
    const { identity } = (await project.json<{ identity: string }>(['audit', 'verify'])).json;
    expect(ran.stdout.toString()).toContain(`All keys were replaced; the identity is now ${identity}`);
    expect(ran.stderr).toContain('Send everybody the new identity, for their key files and KNOX_TRUST.');
  });

  test('without a rekey says what stays readable', async () => {
    const removed = await add('--key-file', 'gone.key', '--env', 'staging', '--label', 'gone');
    const ran = await must(project.knox(['key', 'remove', 'gone', '--no-rekey', '--yes']));
    expect(ran.stderr).toContain('can still read staging, also what is stored from now on, until: knox rekey');
    expect(ran.stderr).toContain('It could read 1 secret, due now: api_key');
    expect((await keys()).map(({ id }) => id)).not.toContain(removed.id);
    expect((await project.json<{ identity: string }>(['audit', 'verify'])).json.identity).toBe(removed.identity);
  });

  test('refuses the last that administers, and what is no key', async () => {
    const [first] = await keys();
    await add('--key-file', 'all.key');
    const told = await errorOf(project.knox(['key', 'remove', first!.id, '--json']));
    expect(told).toMatchObject({
      code: 'last_key',
      message: '"first key" is the last key that may add and remove keys',
    });
    expect(await codeOf(project.knox(['key', 'remove', 'nobody', '--json']))).toBe('5 key_not_found');
    expect(await codeOf(project.knox(['key', 'remove', '--json']))).toBe('2 usage');
  });

  test('who administers opens everything: --admin and --env exclude each other', async () => {
    for (const way of [
      ['--key-file', 'second.key'],
      ['--recipient', await keyOf('other.key')],
    ]) {
      const ran = project.knox(['key', 'add', ...way, '--admin', '--env', 'staging', '--json']);
      expect(await codeOf(ran)).toBe('2 usage');
    }
    expect([existsSync(join(project.folder, 'second.key')), (await keys()).length]).toEqual([false, 1]);
  });

  test('removes the key in use where another one administers', async () => {
    const [first] = await keys();
    await add('--key-file', 'second.key', '--admin');
    await must(project.knox(['key', 'remove', first!.id, '--yes']));
    expect(await codeOf(project.knox(['get', 'api_key', '-e', 'staging', '--json']))).toBe('4 wrong_key');
    expect((await must(as('second.key', ['get', 'api_key', '-e', 'staging']))).stdout.toString()).toBe(OLD.staging);
    expect((await must(as('second.key', ['audit', 'verify']))).exit).toBe(0);
  });

  test('asks which key on a terminal, never with its own first, and says what will happen before a yes', async () => {
    const removed = await add('--key-file', 'gone.key', '--label', 'gone');
    const { prompts, done } = answering([/Which key/, removed.id], [/^Remove the key "gone" \(.*\)\?$/, true]);
    const offered: string[] = [];
    const select: Prompts['select'] = (question) => {
      offered.push(...question.choices.map(({ name }) => name));
      return prompts.select(question);
    };
    const ran = await must(project.knox(['key', 'remove'], '', { prompts: { ...prompts, select } }));
    done();
    expect(offered).toEqual([
      expect.stringContaining('gone'),
      expect.stringMatching(/first key .*the key you are using/),
    ]);
    for (const said of ['It reads 1 secret (api_key)', 'All keys are replaced', "This can't be undone."])
      expect(ran.stderr).toContain(said);
    expect(await keys()).toHaveLength(1);
  });

  test("a no removes nothing; one's own key is called that", async () => {
    await add('--key-file', 'second.key', '--admin');
    const [first] = await keys();
    const { prompts, done } = answering([/^Remove the key you are using, "first key"/, false]);
    expect((await project.knox(['key', 'remove', first!.id], '', { prompts })).exit).toBe(130);
    done();
    expect(await keys()).toHaveLength(2);
  });

  test.each([['key', 'remove', 'gone'], ['key', 'remove', 'gone', '--no-rekey'], ['rekey']])(
    'without a terminal it needs --yes, and nothing is done: %s %s %s %s',
    async (...argv) => {
      const { identity } = await add('--key-file', 'gone.key', '--label', 'gone');
      const told = await errorOf(project.knox([...argv.filter((arg) => arg !== undefined), '--json']));
      expect(told).toMatchObject({ code: 'needs_terminal', hints: [expect.stringContaining('--yes')] });
      expect(await keys()).toHaveLength(2);
      expect((await project.json<{ identity: string }>(['audit', 'verify'])).json.identity).toBe(identity);
    },
  );

  test('rekey asks on a terminal', async () => {
    const { prompts, done } = answering([/^Replace all keys of the vault\?$/, false]);
    expect((await project.knox(['rekey'], '', { prompts })).exit).toBe(130);
    done();
  });
});

describe('rekey', () => {
  test('leaves every value, and whoever knew an earlier identity is led to the new one', async () => {
    const before = (await project.json<{ identity: string }>(['audit', 'verify'])).json.identity;
    const first = await project.json<{ identity: string; values: number; generation: number }>(['rekey', '--yes']);
    expect(first).toMatchObject({ exit: 0, json: { values: 3, generation: 2 } });
    const second = (await project.json<{ identity: string }>(['rekey', '--yes'])).json.identity;
    expect(new Set([before, first.json.identity, second]).size).toBe(3);
    for (const [environment, value] of Object.entries(OLD))
      expect((await must(project.knox(['get', 'api_key', '-e', environment]))).stdout.toString()).toBe(value);

    // A machine that never saw it, with the key file's old line; one that was told by KNOX_TRUST; one that trusts by hand.
    expect((await must(as('k.key', ['add', 'other', '-e', 'staging'], 'a-value-of-mine'))).exit).toBe(0);
    const bareKey = readFileSync(join(project.folder, 'k.key'), 'utf8').replace(/knox_vault_1_\S+\n/, '');
    writeFileSync(join(project.folder, 'bare.key'), bareKey, { mode: 0o600 });
    const adds = (name: string, env = {}) =>
      codeOf(as('bare.key', ['add', name, '-e', 'staging', '--json'], `value-${name}`, env));
    expect(await adds('one')).toBe('7 untrusted_vault');
    expect(await adds('two', { KNOX_TRUST: before })).toBe('exit 0');
    expect(await codeOf(as('bare.key', ['trust', first.json.identity, '--json']))).toBe('exit 0');
    expect(await adds('three')).toBe('exit 0');
    for (const identity of [before, first.json.identity, second])
      expect(await codeOf(project.knox(['audit', 'verify', '--identity', identity, '--json']))).toBe('exit 0');
    const foreign = 'knox_vault_1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    expect(await codeOf(project.knox(['audit', 'verify', '--identity', foreign, '--json']))).toBe('2 usage');
  });

  test('goes on in the middle of a rotation', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    const until = (step: string) =>
      project.json(['rotate', 'api_key', '--values-stdin', '--yes', '--until', step], JSON.stringify(NEW));
    expect((await until('create')).exit).toBe(0);
    await must(project.knox(['rekey', '--yes']));
    expect((await until('update-staging')).exit).toBe(0);
    expect(project.read('config/staging.yaml')).toContain('api_key_v2');
    expect((await must(project.knox(['get', 'api_key_v2', '-e', 'staging']))).stdout.toString()).toBe(NEW.staging);
    expect((await project.json<{ brokenAt: null }>(['audit', 'verify'])).json.brokenAt).toBeNull();
  });
});
