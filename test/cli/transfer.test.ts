/** Values moving in and out: what goes out is read back by whoever takes it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import sodium from 'libsodium-wrappers';
import { makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const ODD = 'a\'b"c\\d $HOME $(id) `id` #e\tf é 🔑 EOF';
const store = async (name: string, value: string | Buffer) => {
  writeFileSync(join(project.folder, 'v'), value);
  await must(project.knox(['add', name, '-e', 'development', '--value-file', 'v']));
};
const exported = async (...argv: string[]) =>
  (await must(project.knox(['export', '-e', 'development', ...argv]))).stdout;

describe('export', () => {
  test('json, yaml and shell give each value back exactly, and run nothing in it', async () => {
    await store('ODD', ODD);
    await store('LINES', 'one\ntwo\n\nfour\n');
    const expected = { ODD, LINES: 'one\ntwo\n\nfour\n', api_key: 'old-development-1' };
    expect(JSON.parse((await exported('--format', 'json')).toString())).toEqual(expected);
    expect(parse((await exported('--format', 'yaml')).toString())).toEqual(expected);
    for (const shell of ['sh', 'bash']) {
      const script = `${(await exported('--format', 'shell')).toString()}printf '%s\\0' "$ODD" "$LINES"`;
      expect(execFileSync(shell, ['-c', script], { encoding: 'utf8' })).toBe(`${ODD}\0one\ntwo\n\nfour\n\0`);
    }
  });

  test('dotenv is read alike by sh and Node, docker-env has one line a value', async () => {
    await store('PLAIN', 'a#b "c" $d `e` \\f');
    const text = (await exported('PLAIN')).toString();
    expect(parseEnv(text)).toEqual({ PLAIN: 'a#b "c" $d `e` \\f' });
    expect(execFileSync('sh', ['-c', `${text}printf %s "$PLAIN"`], { encoding: 'utf8' })).toBe('a#b "c" $d `e` \\f');
    expect((await exported('PLAIN', '--format', 'docker-env')).toString()).toBe('PLAIN=a#b "c" $d `e` \\f\n');
    await store('TWO', 'a\nb');
    expect(await project.json(['export', '-e', 'development', '--format', 'docker-env', 'TWO'])).toMatchObject({
      exit: 2,
      code: 'template_invalid',
    });
  });

  test('github-env takes a word that no value holds, and masks each line on stderr', async () => {
    await store('MULTI', 'x\nEOF\nEVIL=1\n100%');
    const ran = await must(project.knox(['export', '-e', 'development', '--format', 'github-env', 'MULTI']));
    const [, word, text] = /^MULTI<<(\S+)\n([\s\S]*)\n\1\n$/.exec(ran.stdout.toString())!;
    expect([word!.length > 30, text]).toEqual([true, 'x\nEOF\nEVIL=1\n100%']);
    expect(ran.stderr.split('\n')).toEqual([
      '::add-mask::x',
      '::add-mask::EOF',
      '::add-mask::EVIL=1',
      '::add-mask::100%25',
      '',
    ]);
  });

  test("github seals each value to the service's key, and kubernetes holds bytes", async () => {
    await sodium.ready;
    const pair = sodium.crypto_box_keypair();
    project.write('key.json', JSON.stringify({ key_id: '568', key: Buffer.from(pair.publicKey).toString('base64') }));
    await store('BYTES', Buffer.from([0, 255, 10]));
    const [body] = JSON.parse(
      (await exported('--format', 'github', '--public-key', 'key.json', 'BYTES')).toString(),
    ) as { name: string; encrypted_value: string; key_id: string }[];
    expect([body!.name, body!.key_id]).toEqual(['BYTES', '568']);
    expect(
      Buffer.from(
        sodium.crypto_box_seal_open(Buffer.from(body!.encrypted_value, 'base64'), pair.publicKey, pair.privateKey),
      ),
    ).toEqual(Buffer.from([0, 255, 10]));
    const secret = parse((await exported('--format', 'kubernetes', '--name', 'app', 'BYTES')).toString()) as object;
    expect(secret).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'app' },
      type: 'Opaque',
      data: { BYTES: 'AP8K' },
    });
  });

  test('names stay over a rotation: the current version is called as its base; --as-version has every live one', async () => {
    await project.json(
      ['rotate', 'api_key', '--values-stdin', '--yes', '--until', 'update-staging'],
      JSON.stringify(NEW),
    );
    const of = async (environment: string, ...argv: string[]) =>
      JSON.parse(
        (await must(project.knox(['export', '-e', environment, '--format', 'json', ...argv]))).stdout.toString(),
      ) as object;
    expect(await of('development')).toEqual({ api_key: NEW.development });
    expect(await of('production')).toEqual({ api_key: OLD.production });
    expect(await of('development', '--upper')).toEqual({ API_KEY: NEW.development });
    expect(await of('development', '--as-version')).toEqual({ api_key: OLD.development, api_key_v2: NEW.development });
    // What production is not on yet is left out, or refused by name.
    expect(await of('production', '--as-version')).toEqual({ api_key: OLD.production });
    expect(await of('development', 'api_key_v2')).toEqual({ api_key: NEW.development });
    expect(await of('development', 'api_key@previous')).toEqual({ api_key: OLD.development });
    expect(await of('development', 'api_key_v2', '--as-version', '--upper')).toEqual({ API_KEY_V2: NEW.development });
    expect(await project.json(['export', '-e', 'production', 'api_key_v2'])).toMatchObject({
      exit: 7,
      code: 'unreleased',
    });
  });

  test('the documented line keeps working after a rotation', async () => {
    const line = async () => {
      const text = (await exported('--format', 'shell')).toString();
      return execFileSync('sh', ['-c', `${text}printf %s "$api_key"`], { encoding: 'utf8' });
    };
    expect(await line()).toBe(OLD.development);
    const rotate = ['rotate', 'api_key', '--yes', '--skip', 'monitor', '--force', 'too_early', '--reason', 'a test'];
    await must(
      project.knox(
        [...rotate, '--values-stdin', '--confirm', 'test-staging,delete-old,update-docs'],
        JSON.stringify(NEW),
      ),
    );
    expect((await project.json<{ name: string }[]>(['list'])).json.map(({ name }) => name)).toEqual(['api_key_v2']);
    expect(await line()).toBe(NEW.development);
    expect(JSON.parse((await exported('--format', 'json', '--as-version')).toString())).toEqual({
      api_key_v2: NEW.development,
    });
  });

  test('two that would be called alike are both named, and nothing is given out or recorded', async () => {
    await store('other-key', 'a-value-with-a-dash');
    await store('OTHER_KEY', 'a-value-in-upper-case');
    await store('api_key_v2', 'the-second-version');
    const refused = async (...argv: string[]) => {
      const ran = await project.knox(['export', '-e', 'development', '--json', ...argv]);
      expect([ran.exit, ran.stdout.length]).toEqual([2, 0]);
      return JSON.parse(ran.stderr).error as { code: string; message: string };
    };
    const meet = await refused('--upper');
    expect(meet.code).toBe('invalid_name');
    expect(meet.message).toMatch(/other-key.*OTHER_KEY|OTHER_KEY.*other-key/);
    expect((await refused('api_key', 'api_key_v2')).message).toContain('api_key and api_key_v2');
    expect((await refused('api_key', 'api_key')).message).toContain('api_key is named twice');
    expect((await project.json(['audit', '--action', 'use'])).json).toEqual([]);
    expect(
      Object.keys(JSON.parse((await exported('--json', 'api_key', 'api_key_v2', '--as-version')).toString())),
    ).toEqual(['api_key', 'api_key_v2']);
  });

  test('--json is one document, with the text of a format that is none, and nothing but JSON on stderr', async () => {
    for (const format of ['dotenv', 'shell', 'yaml', 'kubernetes', 'github-env']) {
      const ran = await project.knox(['export', '-e', 'development', '--format', format, '--json']);
      const shown = JSON.parse(ran.stdout.toString()) as { format: string; output: string; masks: string[] };
      const plain = (await exported('--format', format)).toString();
      const still = (text: string) => text.replaceAll(/knox_[0-9a-f]+/g, 'WORD');
      expect([ran.exit, ran.stderr, shown.format, still(shown.output)]).toEqual([0, '', format, still(plain)]);
      expect(shown.masks).toEqual(format === 'github-env' ? [`::add-mask::${OLD.development}`] : []);
    }
    const same = { exit: 0, json: { api_key: OLD.development } };
    expect(await project.json(['export', '-e', 'development'])).toMatchObject(same);
    expect(await project.json(['export', '-e', 'development', '--format', 'json'])).toMatchObject(same);
    expect((await project.json(['completion', 'bash'])).json).toMatchObject({ shell: 'bash' });
  });

  test('a name that the format cannot hold is told, and nothing is given out or recorded', async () => {
    await store('a.b-c', 'dotted-value');
    const ran = await project.json(['export', '-e', 'development', '--format', 'shell']);
    expect([ran.exit, ran.code, ran.json]).toEqual([2, 'invalid_name', null]);
    expect((await project.json(['audit', '--action', 'use'])).json).toEqual([]);
    expect((await project.json(['export', '-e', 'development', '--format', 'nonsense'])).code).toBe('usage');
  });
});

describe('import', () => {
  const into = async (file: string, text: string | Buffer, ...argv: string[]) => {
    writeFileSync(join(project.folder, file), text);
    return project.json<Record<string, string[]>>(['import', file, '-e', 'development', ...argv]);
  };
  const get = async (name: string) => (await project.knox(['get', name, '-e', 'development'])).stdout.toString();

  const FILE = `# c
A=river#notcomment
B=hill #comment
C="x # y" # z
D='a # b'
E=#C0FFEE
export F=v1
export   G = spaced  
J=a=b==
K="l1
l2"
L='-----BEGIN-----
AA
-----END-----'
M="tab\\tnl\\nq\\"b\\\\"
N='raw\\n'
O=it's
`;
  const VALUES = {
    A: 'river#notcomment',
    B: 'hill',
    C: 'x # y',
    D: 'a # b',
    E: '#C0FFEE',
    F: 'v1',
    G: 'spaced',
    J: 'a=b==',
    K: 'l1\nl2',
    L: '-----BEGIN-----\nAA\n-----END-----',
    M: 'tab\tnl\nq"b\\',
    N: 'raw\\n',
    O: "it's",
  };

  test.each([
    ['UTF-8', Buffer.from(FILE)],
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${FILE}`, 'utf16le')],
  ])('an env file in %s is read as it is meant; a dry run only says so', async (_what, bytes) => {
    const dry = await into('a.env', bytes, '--dry-run');
    expect(dry.json).toEqual({ added: Object.keys(VALUES), unchanged: [], conflicts: [] });
    expect((await project.json<object[]>(['list'])).json).toHaveLength(1);
    expect((await into('a.env', bytes)).exit).toBe(0);
    for (const [name, value] of Object.entries(VALUES)) expect([name, await get(name)]).toEqual([name, value]);
    expect((await into('a.env', bytes)).json).toEqual({ added: [], unchanged: Object.keys(VALUES), conflicts: [] });
  });

  test('a name twice, an empty value, a line that is none: all told with their lines, and nothing is stored', async () => {
    const ran = await project.knox(['import', 'bad.env', '-e', 'development']).then(async () => {
      project.write('bad.env', 'MODE=false\nOTHER=1\nMODE=true\nEMPTY=\nno sign\nOPEN="x\n');
      return project.knox(['import', 'bad.env', '-e', 'development']);
    });
    expect(ran.exit).toBe(2);
    for (const part of [
      'bad.env:3 repeats MODE from line 1',
      'bad.env:4 has no value for EMPTY',
      'bad.env:5 is not NAME=VALUE',
      'bad.env:6 has a quote',
    ])
      expect(ran.stderr).toContain(part);
    expect(ran.stderr).not.toContain('true');
    expect((await project.json<object[]>(['list'])).json).toHaveLength(1);
    expect((await into('skip.env', 'A=long-enough\nEMPTY=\n', '--skip-empty')).json['added']).toEqual(['A']);
  });

  test('JSON and YAML, nested where wanted, a name twice told', async () => {
    expect((await into('a.json', '{"x": "one-value", "n": 12345678, "t": true}')).json['added']).toEqual([
      'x',
      'n',
      't',
    ]);
    expect([await get('n'), await get('t')]).toEqual(['12345678', 'true']);
    expect((await into('twice.json', '{"a": "1",\n"a": "2"}')).code).toBe('invalid_value');
    expect((await into('deep.yaml', 'db:\n  user: ana\n  password: "0123"\n')).code).toBe('invalid_value');
    expect(
      (await into('deep.yaml', 'db:\n  user: ana\n  password: "0123"\n', '--flatten', '_', '--prefix', 'app_')).json[
        'added'
      ],
    ).toEqual(['app_db_user', 'app_db_password']);
    expect(await get('app_db_password')).toBe('0123');
    expect((await into('list.yaml', '- a\n')).code).toBe('invalid_value');
    project.write('merge.yaml', 'a: 1\nb:\n  <<: ana\n  port: 1\n');
    const merged = await project.knox(['import', 'merge.yaml', '-e', 'production', '--flatten', '_']);
    expect(merged).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('merge.yaml:3 merges something that is not an object'),
    });
    expect((await into('broken.json', '{"a": ')).code).toBe('invalid_value');
  });

  test('one conflict keeps all out; values of another environment are added with a warning', async () => {
    const ran = await into('c.env', 'fresh=fresh-value\napi_key=another-value\n');
    expect([ran.exit, ran.code, ran.json]).toEqual([
      6,
      'value_exists',
      { added: ['fresh'], unchanged: [], conflicts: ['api_key'] },
    ]);
    expect((await project.json(['show', 'fresh'])).code).toBe('secret_not_found');
    project.write('t.env', 'twin=the-same-value\n');
    await must(project.knox(['import', 't.env', '-e', 'staging']));
    const twin = await project.knox(['import', 't.env', '-e', 'production', '--json']);
    expect(twin).toMatchObject({ exit: 0, stderr: expect.stringContaining('"same_value"') });
    const [entry] = (await project.json<object[]>(['audit', '--limit', '1'])).json;
    expect(entry).toMatchObject({ action: 'import', environment: 'production', detail: { names: ['twin'] } });
  });

  test('--expand reads names of the same file, and no others', async () => {
    expect((await into('e.env', 'HOST=db.example\nURL=postgres://${HOST}/x\n', '--expand')).exit).toBe(0);
    expect(await get('URL')).toBe('postgres://db.example/x');
    expect((await into('f.env', 'A1=${HOME}/x\n', '--expand')).code).toBe('invalid_value');
    expect((await into('g.env', 'L1=$L2\nL2=$L1\n', '--expand')).code).toBe('invalid_value');
    // Names in values are the file's own: what stands before them in the vault comes afterwards.
    expect((await into('p.env', 'PORT=5432-and-more\nADDRESS=db:$PORT\n', '--expand', '--prefix', 'app_')).exit).toBe(
      0,
    );
    expect(await get('app_ADDRESS')).toBe('db:5432-and-more');
    await into('h.env', 'KEPT=${HOME}/x\n');
    expect(await get('KEPT')).toBe('${HOME}/x');
  });
});

test('shells that evaluate the export run no command of a value', async () => {
  await store('TRAP', '$(touch run-by-shell)`touch run-by-shell`');
  spawnSync('sh', ['-c', (await exported('--format', 'shell')).toString()], { cwd: project.folder });
  expect(spawnSync('ls', ['run-by-shell'], { cwd: project.folder }).status).not.toBe(0);
});
