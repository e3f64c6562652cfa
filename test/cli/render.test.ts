import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({ development: 'dev-value-1', production: 'prod-value-1' });
});
afterEach(() => project.remove());

const addFile = async (name: string, value: string | Buffer) => {
  writeFileSync(join(project.folder, 'value'), value);
  await must(project.knox(['add', name, '-e', 'development', '--value-file', 'value']));
  rmSync(join(project.folder, 'value'));
};
const rendered = async (file: string) => project.knox(['render', file, '-e', 'development']);

describe('cases from the field', () => {
  test('nothing in a value is expanded or run; what no reader would read alike is refused by line and column', async () => {
    await addFile('db_pass', 'k9$$Tram@${HOME}$(id)`id`$');
    project.write('a.env', "DB_PASS={{secret:db_pass}}\nDB_SINGLE='{{secret:db_pass}}'\nAFTER=ok\n");
    expect((await rendered('a.env')).stdout.toString()).toBe(
      "DB_PASS='k9$$Tram@${HOME}$(id)`id`$'\nDB_SINGLE='k9$$Tram@${HOME}$(id)`id`$'\nAFTER=ok\n",
    );
    project.write('b.env', 'DB_QUOTED="{{secret:db_pass}}"\n');
    const refused = await rendered('b.env');
    expect([refused.exit, refused.stdout.length]).toEqual([2, 0]);
    expect(refused.stderr).toContain('b.env:1:12: ');
  });

  test('replacement patterns of JavaScript are text', async () => {
    await addFile('odd', "a$&b$1c$$d$`e$'f$<n>g");
    project.write('t.txt', 'before [{{secret:odd}}] after\n');
    expect((await rendered('t.txt')).stdout.toString()).toBe("before [a$&b$1c$$d$`e$'f$<n>g] after\n");
  });

  test('TOML literals that cannot hold the value are listed, both of them, and nothing is written', async () => {
    await addFile('win', '\nC:\\Users\\new "q" \'s\' \'\'\' """ \u0007\u007f\ttab\\');
    project.write(
      't.toml',
      'basic = "{{secret:win}}"\nliteral = \'{{secret:win}}\'\nmlb = """\n{{secret:win}}"""\nmll = \'\'\'\n{{secret:win}}\'\'\'\nbare = {{secret:win}}\n',
    );
    const ran = await project.knox(['render', 't.toml', '-e', 'development', '-o', 'out.toml']);
    expect([ran.exit, existsSync(join(project.folder, 'out.toml'))]).toEqual([2, false]);
    expect(
      ran.stderr
        .split('\n')
        .filter((line) => /t\.toml:\d/.test(line))
        .map((line) => /t\.toml:(\d+:\d+)/.exec(line)![1]),
    ).toEqual(['2:12', '6:1']);
  });

  test('JSON takes control characters and NUL, filters take URLs, a value is never searched for placeholders', async () => {
    await addFile('bin', 'my"quote\\ \u0007\0nul \u2028 🔑 </script>');
    await addFile('dbp', 'p@s/s?w#o%s+r d:é[]&=');
    await addFile('outer', 'A{{secret:inner}}B\\{{secret:inner}}');
    project.write('a.json', '{ "a": "{{secret:bin}}", "b": "x{{secret:bin}}y" }');
    const parsed = JSON.parse((await rendered('a.json')).stdout.toString()) as { a: string; b: string };
    expect(parsed.b).toBe(`x${parsed.a}y`);
    expect(parsed.a).toContain('\0nul \u2028 🔑');
    project.write('u.txt', 'postgres://app:{{secret:dbp|url}}@db:5432/x\n');
    expect((await rendered('u.txt')).stdout.toString()).toBe(
      'postgres://app:p%40s%2Fs%3Fw%23o%25s%2Br%20d%3A%C3%A9%5B%5D%26%3D@db:5432/x\n',
    );
    project.write(
      'o.txt',
      'x={{secret:outer}}\nlit=\\{{secret:inner}}\nother={{ .Values.a }} ${{ secrets.TOKEN }} {{secrets:inner}}\n',
    );
    expect((await rendered('o.txt')).stdout.toString()).toBe(
      'x=A{{secret:inner}}B\\{{secret:inner}}\nlit={{secret:inner}}\nother={{ .Values.a }} ${{ secrets.TOKEN }} {{secrets:inner}}\n',
    );
  });

  test('a byte order mark, CRLF, odd spacing and a missing last newline stay', async () => {
    project.write(
      'y.yaml',
      '\uFEFF---\r\n# head\r\na:   1   # odd\r\nsecret:   "{{secret:api_key}}"   # keep  \r\nend: x',
    );
    expect((await rendered('y.yaml')).stdout.toString()).toBe(
      '\uFEFF---\r\n# head\r\na:   1   # odd\r\nsecret:   "dev-value-1"   # keep  \r\nend: x',
    );
  });

  test('JSON with comments, commas at the end and a key that is there twice is rendered as it is, whatever it is called', async () => {
    await addFile('t', 'q"\\// x /* y */');
    const escaped = JSON.stringify('q"\\// x /* y */').slice(1, -1);
    const template =
      '{\n  // comment with a quote " and {brace\n  "dup": "{{secret:t}}", /* block " */\n  "dup": "{{ secret:t | trim }}",\n  "url": "http://h//{{secret:t}}", // not a comment inside the string\n  "tail": [1, 2,],\n}\n';
    for (const file of ['c.jsonc', 'c.json']) {
      project.write(file, template);
      expect((await rendered(file)).stdout.toString()).toBe(
        template.replaceAll(/\{\{ ?secret:t(?: \| trim )?\}\}/g, () => escaped),
      );
    }
  });

  test('bytes that are no text stand behind a filter alone, NUL in plain text as it is', async () => {
    await addFile('bin', Buffer.from([0xff, 0xfe, 0x25]));
    project.write('b.txt', 'x={{secret:bin}} {{secret:bin|url}}');
    const plain = await rendered('b.txt');
    expect([plain.exit, plain.stdout.length]).toEqual([2, 0]);
    expect(plain.stderr).toContain('b.txt:1:3: ');
    await addFile('nul', Buffer.from('a\0b'));
    project.write('n.txt', '{{secret:nul}} {{secret:bin|url}}');
    expect((await rendered('n.txt')).stdout.toString()).toBe('a\0b %FF%FE%25');
    project.write('b.json', '{ "a": "{{secret:bin|base64}}",\n"b": "{{secret:bin}}" }');
    const refused = await rendered('b.json');
    expect([refused.exit, refused.stdout.length, refused.stderr]).toEqual([
      2,
      0,
      expect.stringContaining('b.json:2:7: '),
    ]);
  });

  test('a file that is not UTF-8 keeps its bytes', async () => {
    const file = Buffer.from('# caf\xe9\nk={{secret:api_key}}\n', 'latin1');
    writeFileSync(join(project.folder, 'a.properties'), file);
    expect((await rendered('a.properties')).stdout).toEqual(Buffer.from('# caf\xe9\nk=dev-value-1\n', 'latin1'));
    await must(project.knox(['route', 'add', 'a.properties', '-e', 'development']));
    expect((await project.knox(['route', 'check', 'a.properties'])).exit).toBe(0);
  });

  test('a name that is not there: the one that is close', async () => {
    project.write('a.txt', '{{secret:api_kye}} {{secret:other}}');
    const hintsOf = async (...argv: string[]) => {
      const { exit, stderr } = await project.knox(['--json', ...argv]);
      const { error } = JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; hints: string[] } };
      return [exit, error.code, error.hints];
    };
    const hints = [
      'did you mean api_key?',
      'add it: knox add other -e ENV',
      'list secrets: knox list --env development',
    ];
    const written = [5, 'secret_not_found', [...hints.slice(0, 2), `nothing was written; ${hints[2]!}`]];
    expect(await hintsOf('render', 'a.txt', '-e', 'development')).toEqual(written);
    expect((await hintsOf('route', 'add', 'a.txt', '-e', 'development'))[2]).toContain('did you mean api_key?');
    const started = [125, 'secret_not_found', ['did you mean api_key?', `nothing was started; ${hints[2]!}`]];
    expect(await hintsOf('run', '-e', 'development', '--secret', 'A=API_KEY', '--', 'true')).toEqual(started);
    project.write('a.env', 'A={{secret:api_ke}}\n');
    expect(await hintsOf('run', '-e', 'development', '--env-file', 'a.env', '--', 'true')).toEqual(started);
    // The fault is another: no list of what there is.
    project.write('a.json', '{"a": "{{secret:api_key|nonsense}}"}');
    expect(await hintsOf('render', 'a.json', '-e', 'development')).toEqual([
      2,
      'template_invalid',
      ['nothing was written'],
    ]);
    writeFileSync(join(project.folder, 'u.txt'), Buffer.from('\ufeff{{secret:api_key}}', 'utf16le'));
    expect((await hintsOf('render', 'u.txt', '-e', 'development'))[2]).toEqual([
      expect.stringContaining('UTF-8'),
      'nothing was written',
    ]);
  });

  test('the format of a template is that of what it becomes', async () => {
    await addFile('quote', 'a"b');
    const json = '{"k": "{{secret:quote}}"}';
    const target = join(project.folder, 'out.json');
    for (const file of ['c.json.tmpl', 'c.json.j2', 'c.tmpl', '-']) {
      if (file !== '-') project.write(file, json);
      await must(project.knox(['render', file, '-e', 'development', '-o', target], json));
      expect(JSON.parse(readFileSync(target, 'utf8')), file).toEqual({ k: 'a"b' });
    }
    expect((await rendered('c.json.tmpl')).stdout.toString()).toBe('{"k": "a\\"b"}');
    // A name that says a format of its own is believed.
    project.write('c.env', 'K={{secret:quote}}\n');
    await must(project.knox(['render', 'c.env', '-e', 'development', '-o', target]));
    expect(readFileSync(target, 'utf8')).toBe("K='a\"b'\n");
    expect(
      (await project.json<{ format: string }[]>(['route', 'add', 'c.json.tmpl', '-e', 'development'])).json,
    ).toMatchObject([{ format: 'json' }]);
  });

  test('a value of many lines in a comment would end it: refused', async () => {
    await addFile('pem', 'line1\nINJECTED=1\ninjected: true\n');
    project.write('c.env', '# old {{secret:pem}}\nA={{secret:pem}}\n');
    const ran = await rendered('c.env');
    expect([ran.exit, ran.stdout.length]).toEqual([2, 0]);
    expect(ran.stderr).toContain('c.env:1:7: ');
  });
});

describe('many files', () => {
  test('every problem of every file is told, with the gravest exit, and nothing is written', async () => {
    project.write('one.txt', 'a\n  {{secret:nothing}} {{secret:api_key}}\n');
    project.write('two.txt', '{{secret:}}\n{{secret:api_key|nonsense}}\n');
    await must(project.knox(['add', 'late', '-e', 'production'], 'late-value'));
    project.write('three.txt', '{{secret:late}}');
    const ran = await project.knox([
      'render',
      'one.txt',
      'two.txt',
      'three.txt',
      '-e',
      'development',
      '--out-dir',
      'out',
    ]);
    expect([ran.exit, existsSync(join(project.folder, 'out'))]).toEqual([2, false]);
    const places = ran.stderr.split('\n').flatMap((line) => /(\w+\.txt:\d+:\d+): /.exec(line)?.[1] ?? []);
    expect(places).toEqual(['one.txt:2:3', 'two.txt:1:1', 'two.txt:2:1', 'three.txt:1:1']);
    const missing = await project.json(['render', 'one.txt', 'three.txt', '-e', 'development', '--out-dir', 'out']);
    expect(missing).toMatchObject({ exit: 5, code: 'secret_not_found' });
  });

  test('they keep their paths under the folder, mode 0600 unless said otherwise', async () => {
    project.write('a/b.txt', 'x={{secret:api_key}}');
    project.write('c.txt', 'y={{secret:api_key}}');
    await must(project.knox(['render', 'a/b.txt', 'c.txt', '-e', 'development', '--out-dir', 'out', '--mode', '0640']));
    expect(project.read('out/a/b.txt')).toBe('x=dev-value-1');
    expect(statSync(join(project.folder, 'out/c.txt')).mode & 0o777).toBe(0o640);
    expect((await project.json(['render', 'a/b.txt', 'c.txt', '-e', 'development'])).code).toBe('usage');
    expect((await project.json(['render', '../x.txt', '-e', 'development', '--out-dir', 'out'])).exit).not.toBe(0);
  });

  test('the exit is that of the gravest problem, and a value that is missing brings up no other', async () => {
    await must(project.knox(['add', 'hurt', '-e', 'development'], 'a-value-to-hurt'));
    project.write('missing.json', '{"a": "{{secret:nothing|field:a.b}}", "b": {{secret:nothing|raw}}}');
    project.write('invalid.txt', '{{secret:a b}}');
    project.write('hurt.txt', '{{secret:hurt}}');
    const database = new Database(join(project.folder, '.knox/vault.db'));
    database.exec(`UPDATE value SET box = zeroblob(length(box)) WHERE body LIKE '%"name":"hurt"%'`);
    database.close();
    const render = async (...argv: string[]) =>
      project.knox(['render', ...argv, '-e', 'development', '--out-dir', 'out']);
    expect((await render('missing.json')).exit).toBe(5);
    expect((await render('missing.json', '--strict')).exit).toBe(7);
    expect((await render('missing.json', 'invalid.txt', '--strict')).exit).toBe(2);
    const all = await render('missing.json', 'invalid.txt', 'hurt.txt');
    expect(all.exit).toBe(8);
    expect(all.stderr.match(/^(?:error: )?\S+:\d+:\d+: /gm)).toEqual([
      'error: missing.json:1:8: ',
      'missing.json:1:44: ',
      'invalid.txt:1:1: ',
      'hurt.txt:1:1: ',
    ]);
    expect(existsSync(join(project.folder, 'out'))).toBe(false);
  });

  test('one that is no text is a problem like the others', async () => {
    writeFileSync(join(project.folder, 'utf16.txt'), Buffer.from('\uFEFF{{secret:api_key}}', 'utf16le'));
    project.write('lost.txt', '{{secret:nothing}}');
    const files = ['utf16.txt', 'lost.txt'];
    for (const more of [[], ['--strict']]) {
      const ran = await project.knox(['render', ...files, '-e', 'development', '--out-dir', 'out', ...more]);
      expect([ran.exit, existsSync(join(project.folder, 'out'))]).toEqual([2, false]);
      for (const file of files) expect(ran.stderr).toContain(`${file}:1:1: `);
    }
  });

  test('none is written, and no value given out, where one of the targets cannot be', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    project.write('b.txt', '{{secret:api_key}}');
    mkdirSync(join(project.folder, 'out/b.txt'), { recursive: true });
    const ran = await project.json(['render', 'a.txt', 'b.txt', '-e', 'development', '--out-dir', 'out']);
    expect([ran.exit, ran.code, readdirSync(join(project.folder, 'out'))]).toEqual([1, 'io', ['b.txt']]);
    expect((await project.json(['audit', '--action', 'use'])).json).toEqual([]);
  });

  test('no template is overwritten by what another one renders to', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    project.write('sub/a.txt', 'of sub: {{secret:api_key}}');
    const ran = await project.json(['render', 'a.txt', 'sub/a.txt', '-e', 'development', '--out-dir', 'sub']);
    expect(ran).toMatchObject({ exit: 2, code: 'usage' });
    expect([project.read('sub/a.txt'), existsSync(join(project.folder, 'sub/sub'))]).toEqual([
      'of sub: {{secret:api_key}}',
      false,
    ]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a target that is mounted from elsewhere cannot be replaced: said, left as it was, nothing beside it',
    async ({ skip }) => {
      project.write('t.txt', '{{secret:api_key}}');
      project.write('real.txt', 'before');
      project.write('out/mounted.txt', '');
      const target = join(project.folder, 'out/mounted.txt');
      const mounted = spawnSync('mount', ['--bind', join(project.folder, 'real.txt'), target]);
      if (mounted.status !== 0) skip('nothing can be mounted here');
      try {
        const ran = await project.knox(['render', 't.txt', '-e', 'development', '-o', 'out/mounted.txt']);
        expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('mount point') });
        expect([project.read('real.txt'), readdirSync(join(project.folder, 'out'))]).toEqual([
          'before',
          ['mounted.txt'],
        ]);
      } finally {
        execFileSync('umount', [target]);
      }
    },
  );

  test('a failed render leaves the target as it was, and no temporary file', async () => {
    project.write('t.txt', '{{secret:nothing}}');
    project.write('out/t.txt', 'before');
    await project.knox(['render', 't.txt', '-e', 'development', '-o', 'out/t.txt']);
    expect(project.read('out/t.txt')).toBe('before');
    expect(readdirSync(join(project.folder, 'out'))).toEqual(['t.txt']);
  });

  test('a link as target is followed and stays a link; the template itself is never overwritten', async () => {
    project.write('t.txt', '{{secret:api_key}}');
    project.write('real.txt', '');
    symlinkSync('real.txt', join(project.folder, 'link.txt'));
    await must(project.knox(['render', 't.txt', '-e', 'development', '-o', 'link.txt']));
    expect(project.read('real.txt')).toBe('dev-value-1');
    symlinkSync('t.txt', join(project.folder, 'self.txt'));
    expect((await project.json(['render', 't.txt', '-e', 'development', '-o', 'self.txt'])).code).toBe('usage');
    expect(project.read('t.txt')).toBe('{{secret:api_key}}');
  });
});

describe('what is recorded and shown', () => {
  const uses = async () =>
    (await project.json<{ detail: { uses: object[] } }[]>(['audit', '--action', 'use'])).json.map(
      ({ detail }) => detail.uses,
    );

  test('one entry a command, with each secret, environment and file; --check is none', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    project.write('b.txt', '{{secret:api_key@current}} {{secret:api_key}}');
    await must(project.knox(['render', 'a.txt', '-e', 'development', '--check']));
    expect(await uses()).toEqual([]);
    await must(project.knox(['render', 'a.txt', 'b.txt', '-e', 'development', '--out-dir', 'out']));
    const use = { secret: 'api_key', environment: 'development' };
    expect(await uses()).toEqual([
      [
        { ...use, consumer: 'a.txt' },
        { ...use, consumer: 'b.txt' },
      ],
    ]);
  });

  test('an entry has the secret, the environment and the route that its uses have in common', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    project.write('b.txt', '{{secret:api_key}} {{secret:tok}}');
    await must(project.knox(['add', 'tok', '-e', 'development'], 'a-value-of-development'));
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'development', '--test-command', 'cat > tested']));
    await must(project.knox(['render', 'a.txt', '-e', 'development']));
    await must(project.knox(['render', 'b.txt', '-e', 'development']));
    await must(project.knox(['render', '-', '-e', 'development'], '{{secret:api_key}}'));
    await must(project.knox(['render', 'a.txt', 'b.txt', '-e', 'development', '--out-dir', 'out']));
    await must(project.knox(['route', 'test', 'a.txt', '-e', 'development']));
    await must(project.knox(['get', 'tok', '-e', 'development']));
    type Entry = { secret: string; environment: string; route: string };
    const entries = (await project.json<Entry[]>(['audit', '--action', 'use'])).json;
    expect(entries.map(({ secret, environment, route }) => [secret, environment, route])).toEqual([
      ['api_key', 'development', 'a.txt'],
      [null, 'development', 'b.txt'],
      ['api_key', 'development', null],
      [null, 'development', null],
      ['api_key', 'development', 'a.txt'],
      ['tok', 'development', null],
    ]);
    const piped = (await project.knox(['audit', '--action', 'use'])).stdout.toString().trimEnd().split('\n');
    expect(piped.map((line) => line.split('\t').slice(4).join('|'))).toEqual([
      'api_key|development|a.txt|consumer: render|first key',
      '|development|b.txt|consumer: render, uses: api_key (development) tok (development)|first key',
      'api_key|development||consumer: render|first key',
      '|development||consumer: render, uses: api_key (development: a.txt b.txt) tok (development: b.txt)|first key',
      'api_key|development|a.txt|consumer: route test|first key',
      'tok|development||consumer: get|first key',
    ]);
  });

  test('on a terminal values are hidden, short ones too, unless --reveal', async () => {
    await must(project.knox(['add', 'pin', '-e', 'development'], '1234'));
    project.write('a.env', 'K={{secret:api_key}}\nP={{secret:pin}}\n');
    const terminal = { stdout: terminalSink() };
    await project.knox(['render', 'a.env', '-e', 'development'], '', terminal);
    expect(terminal.stdout.text()).toBe("K='[knox:api_key]'\nP='[knox:pin]'\n");
    const open = { stdout: terminalSink() };
    await project.knox(['render', 'a.env', '-e', 'development', '--reveal'], '', open);
    expect(open.stdout.text()).toContain('dev-value-1');
  });

  test('--strict refuses a name that was added after the route was registered', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'development']));
    await must(project.knox(['render', 'a.txt', '-e', 'development', '--strict']));
    await must(project.knox(['add', 'other', '-e', 'development'], 'other-value'));
    project.write('a.txt', '{{secret:api_key}} {{secret:other}}');
    expect((await project.json(['render', 'a.txt', '-e', 'development', '--strict'])).code).toBe('untested');
    await must(project.knox(['render', 'a.txt', '-e', 'development']));
    const force = ['--force', 'untested', '--reason', 'looked at it'];
    await must(project.knox(['render', 'a.txt', '-e', 'development', '--strict', ...force]));
    const [entry] = (await project.json<{ detail: object }[]>(['audit', '--action', 'use', '--limit', '1'])).json;
    expect(entry!.detail).toMatchObject({ forced: ['untested'], reason: 'looked at it' });
  });

  test('stdin is a template too; without a key there is no value', async () => {
    expect((await project.knox(['render', '-', '-e', 'development'], 'v={{secret:api_key}}')).stdout.toString()).toBe(
      'v=dev-value-1',
    );
    expect(
      (
        await project.knox(['render', '-', '-e', 'development', '--format', 'json'], '{"v":{{secret:api_key}}}')
      ).stdout.toString(),
    ).toBe('{"v":"dev-value-1"}');
    const { runKnox } = await import('../helpers/run-knox.ts');
    expect((await runKnox(project.folder, ['render', '-', '-e', 'development'], '{{secret:api_key}}')).exit).toBe(4);
  });
});

/** A stream that says that it is a terminal. */
function terminalSink() {
  const { Writable } = process.getBuiltinModule('node:stream');
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(part: Buffer, _encoding, next) {
      parts.push(Buffer.from(part));
      next();
    },
  });
  return Object.assign(sink, { isTTY: true, columns: 80, text: () => Buffer.concat(parts).toString() });
}
