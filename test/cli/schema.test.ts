/** `knox schema`, and that what programs are handed is as its schema says. Documents that commands print are held against theirs by run-knox.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DOCUMENT_NAMES, documentOf, schemaOf } from '../../src/schemas/documents.ts';
import { commandOf, faultsOf, requireDocuments } from '../helpers/json-documents.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

describe('where there is no vault and no key', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'knox-schema-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const schema = (...words: string[]) => runKnox(folder, ['schema', ...words]);
  const titleOf = async (...words: string[]) =>
    (JSON.parse((await schema(...words)).stdout.toString()) as { title: string }).title;

  test('without a name it lists the documents', async () => {
    const { exit, stdout } = await schema('--json');
    const listed = JSON.parse(stdout.toString()) as { name: string; commands: string[] }[];
    expect([exit, listed.map(({ name }) => name)]).toEqual([0, DOCUMENT_NAMES]);
    expect(listed.find(({ name }) => name === 'show')!.commands).toEqual(['show', 'add', 'set', 'delete']);
    const rows = (await schema()).stdout.toString().trimEnd().split('\n');
    expect(rows.map((row) => row.split('\t')[0])).toEqual(DOCUMENT_NAMES);
  });

  test('with a name it prints the schema, with --json and without', async () => {
    for (const more of [[], ['--json']]) {
      const { exit, stdout, stderr } = await schema('rotate', ...more);
      expect([exit, stderr, JSON.parse(stdout.toString())]).toEqual([0, '', schemaOf('rotate')]);
    }
  });

  test('a document is found by its name and by each command that prints it', async () => {
    expect(await titleOf('route-list')).toBe('knox route-list');
    expect(await titleOf('route', 'list')).toBe('knox route-list');
    expect(await titleOf('route list')).toBe('knox route-list');
    expect(await titleOf('route', 'add')).toBe('knox route-list');
    expect(await titleOf('route-add')).toBe('knox route-list');
    expect(await titleOf('delete')).toBe('knox show');
    expect(await titleOf('error')).toBe('knox error');
  });

  test.each([
    [['rotat'], 'did you mean knox schema rotate?'],
    [['route', 'lst'], 'did you mean knox schema route list?'],
    [['route-lst'], 'did you mean knox schema route-list?'],
    [['eror'], 'did you mean knox schema error?'],
    [['nothing-like-it'], 'see them all: knox schema'],
    [['run'], 'see them all: knox schema'],
    [['toString'], 'see them all: knox schema'],
  ])('%j is none, with what was meant', async (words, hint) => {
    const { exit, stdout, stderr } = await schema(...words, '--json');
    const { error } = JSON.parse(stderr) as { error: { code: string; hints: string[] } };
    expect([exit, stdout.toString(), error.code, error.hints[0]]).toEqual([2, '', 'usage', hint]);
  });
});

describe('the check of what a run prints', () => {
  const ran = (stdout: string, stderr = '') => ({ exit: 0, stdout: Buffer.from(stdout), stderr });

  test('finds a document that is none, or not as its schema says, and a line of stderr that is neither error nor warning', () => {
    expect(() => requireDocuments(['env', 'list', '--json'], ran('[]\n'))).not.toThrow();
    expect(() => requireDocuments(['--json', 'env', 'list'], ran('[{"name":"x"}]\n'))).toThrow('env-list');
    expect(() => requireDocuments(['env', 'list', '--json'], ran('none\n'))).toThrow('not JSON');
    expect(() => requireDocuments(['list', '--json'], ran('[]', 'note: hello\n'))).toThrow('not JSON');
    const warning = (code: string) => JSON.stringify({ warning: { code, message: 'x' } });
    expect(() => requireDocuments(['list', '--json'], ran('[]', `${warning('short_value')}\n`))).not.toThrow();
    expect(() => requireDocuments(['list', '--json'], ran('[]', `${warning('no_such')}\n`))).toThrow('warning');
    expect(() => requireDocuments(['audit', '--format', 'jsonl'], ran('{"seq":1}\n'))).toThrow('audit-line');
  });

  test('knows the command of a line', () => {
    expect(commandOf(['--json', 'rotations', 'continue', 'x'])).toBe('rotations continue');
    expect(commandOf(['audit', '--limit', '1'])).toBe('audit');
    expect(commandOf(['audit', 'verify'])).toBe('audit verify');
    expect(commandOf(['add', 'list', '-e', 'x'])).toBe('add');
    expect(documentOf('run')).toBe(null);
  });
});

describe('what others are handed', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
  });
  afterEach(() => project.remove());
  const linesOf = (file: string) =>
    project
      .read(file)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);

  test('the program of a source gets requests, and the answers of docs/sources.md are taken', async () => {
    project.write(
      'program.sh',
      `cat >> requests; echo >> requests
case "$KNOX_ACTION" in
  test) answer='{"overlap": "30d"}' ;;
  create | find) answer='{"value": "a-trial-value", "handle": "h1", "overlap": "unlimited"}' ;;
  usage) answer='{"lastUsedAt": null}' ;;
  *) answer='{}' ;;
esac
echo "$answer" | tee -a answers
`,
    );
    const program = ['--option', 'program=sh program.sh', '--option', 'team=payments'];
    await must(project.knox(['source', 'set', 'api_key', 'command', ...program]));
    expect((await project.json(['source', 'test', 'api_key', '--yes'])).exit).toBe(0);
    const requests = linesOf('requests') as { action: string }[];
    expect(new Set(requests.map(({ action }) => action)).size).toBeGreaterThan(5);
    expect(requests.flatMap((request) => faultsOf('source-request', request))).toEqual([]);
    expect(linesOf('answers').flatMap((answer) => faultsOf('source-answer', answer))).toEqual([]);
  });

  test('a command of notify gets notifications: of a test, a check and a rotation', async () => {
    await must(project.knox(['notify', 'add', '--command', 'cat >> told']));
    const [{ id }] = (await project.json<[{ id: string }]>(['notify', 'list'])).json;
    await must(project.knox(['notify', 'test', id]));
    await must(project.knox(['check', '--webhook', '--fail-on', 'error']));
    await project.knox(['rotate', 'api_key']);
    const told = linesOf('told') as { event: string }[];
    expect(told.map(({ event }) => event)).toEqual(['test', 'check', 'needs-person']);
    expect(told.flatMap((one) => faultsOf('notification', one))).toEqual([]);
  });

  test('a use log has lines', async () => {
    const got = await must(project.knox(['get', 'api_key', '-e', 'staging', '--use-log', 'uses.jsonl']));
    expect(got.stdout.toString()).toBe(OLD.staging);
    expect(linesOf('uses.jsonl').flatMap((line) => faultsOf('use-line', line))).toEqual([]);
    expect(linesOf('uses.jsonl')).toHaveLength(1);
  });
});
