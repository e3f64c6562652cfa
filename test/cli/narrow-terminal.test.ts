/** What somebody types next stands whole in every table, however narrow the window. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { displayWidth } from '../../src/terminal/text-width.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { terminal } from '../helpers/terminal.ts';

const LONG = 'payment_provider_live_api_key';
const ROUTE = 'config/of/the/gateway/production.settings.yaml';
let project: Project;
const id: Record<'key' | 'notice', string> = { key: '', notice: '' };
beforeAll(async () => {
  project = await makeProject();
  await must(project.knox(['add', LONG, '--shared', '--owner', 'the payments team'], 'a-value-of-payments'));
  project.write(ROUTE, `key: "{{secret:${LONG}}}"\n`);
  await must(project.knox(['route', 'add', ROUTE, '-e', 'staging,production', '--deploy-command', 'cat > /dev/null']));
  const label = 'build server of the platform team';
  await must(project.knox(['key', 'add', '--key-file', 'c.key', '--label', label]));
  const keys = (await project.json<{ id: string }[]>(['key', 'list'])).json;
  id.key = keys[1]!.id;
  const command = './tools/page-somebody --team payments --urgent';
  id.notice = (await project.json<{ id: string }>(['notify', 'add', '--command', command])).json.id;
  await project.json(['rotate', LONG, '--generate', '--yes']);
});
afterAll(() => project.remove());

const tables = [
  [['list'], [LONG, `${LONG}_v2`]],
  [['key', 'list'], [() => id.key]],
  [
    ['setting', 'list'],
    ['between', 'records', 'docs/rotations'],
  ],
  [['schedule'], [LONG]],
  [['rotations'], [LONG]],
  [
    ['route', 'list'],
    [ROUTE, LONG],
  ],
  [['notify', 'list'], [() => id.notice]],
  [['evidence'], [LONG]],
  [['source', 'show', LONG], ['manual']],
] as const;
test.each([40, 80, 120].flatMap((columns) => tables.map(([argv, names]) => [argv.join(' '), columns, names] as const)))(
  'knox %s in %i columns',
  async (command, columns, names) => {
    const stdout = terminal(columns);
    const ran = await project.knox([...command.split(' '), '--no-color'], '', { stdout });
    expect([ran.exit, ran.stderr.includes('error')]).toEqual([0, false]);
    const text = stdout.text();
    expect(text).not.toContain('…');
    for (const name of names) expect(text).toContain(typeof name === 'string' ? name : name());
    // Only a word that has no room goes over the edge, where the terminal breaks it.
    for (const line of text.split('\n').filter((one) => displayWidth(one) > columns))
      expect(line.trim()).toMatch(/^(\S+ +)?\S+$/);
  },
);
