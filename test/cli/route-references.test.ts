/** Which version a registered route means, by its name or through `@current` and `@previous`, for delete, show, list and check. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../src/findings/finding.ts';
import { makeProject, must, trustFrom } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({});
  await must(project.knox(['add', 's', '-e', 'production'], 'old-production-1'));
});
afterEach(() => project.remove());

const ALL = ['--generate', '--yes', '--skip', 'monitor', '--force', 'too_early', '--reason', 'x'];
const rotated = () =>
  must(project.knox(['rotate', 's', ...ALL, '--confirm', 'update-production,delete-old,update-docs']));
const register = async (text: string, ...more: string[]) => {
  project.write('c.txt', text);
  await must(
    project.knox(['route', 'add', 'c.txt', '-e', 'production', '--deploy-command', 'cat > /dev/null', ...more]),
  );
};
const shown = async (name: string) =>
  (await project.json<{ routes: number; routePaths: string[] }>(['show', name])).json;
const unrouted = async () =>
  (await project.json<Finding[]>(['check'])).json.flatMap(({ code, secret }) => (code === 'unrouted' ? [secret] : []));
const deletion = (name: string, ...more: string[]) => project.json(['delete', name, '--yes', ...more]);

test('the version that @current means is not destroyed while a route names it so', async () => {
  await register('a={{secret:s@current}}');
  await rotated();
  expect(await shown('s_v2')).toMatchObject({ routes: 1, routePaths: ['c.txt'] });
  expect((await project.json<{ name: string; routes: number }[]>(['list'])).json).toMatchObject([
    { name: 's_v2', routes: 1 },
  ]);
  expect(await unrouted()).toEqual([]);
  for (const more of [[], ['-e', 'production']]) {
    await project.knox(['get', 's_v2', '-e', 'production']);
    const ran = await deletion('s_v2', ...more);
    expect(ran).toMatchObject({ exit: 7, code: 'still_referenced' });
  }
  expect((await project.knox(['render', 'c.txt', '-e', 'production'])).exit).toBe(0);
  await must(project.knox(['route', 'remove', 'c.txt']));
  expect(await shown('s_v2')).toMatchObject({ routes: 0, routePaths: [] });
});

test('the name of any version before @current means the one that the environment is on', async () => {
  await rotated();
  await register('a={{secret:s_v2@current}}');
  await rotated();
  expect(await shown('s_v3')).toMatchObject({ routes: 1, routePaths: ['c.txt'] });
  expect(await unrouted()).toEqual([]);
  expect((await deletion('s_v3')).code).toBe('still_referenced');
});

test('@previous, and what a probe sends, count as well', async () => {
  await must(project.knox(['add', 's_v2', '-e', 'production'], 'second-production-1'));
  await must(project.knox(['add', 'other', '-e', 'production'], 'other-production-1'));
  const header = ['--probe', 'https://pay.example.com/', '--header', 'X-Key: {{secret:s@current}}', '--yes'];
  await register('a={{secret:other}} b={{secret:s@previous}}', ...header);
  for (const name of ['s', 's_v2', 'other']) {
    expect([name, await shown(name)]).toMatchObject([name, { routes: 1, routePaths: ['c.txt'] }]);
    expect([name, (await deletion(name)).code]).toEqual([name, 'still_referenced']);
  }
  expect((await project.json<{ secrets: string[] }[]>(['route', 'list'])).json[0]!.secrets).toEqual(['other', 's']);
  // Named through @current alone, an older version is free.
  await register('a={{secret:other}}', ...header);
  expect((await deletion('s')).exit).toBe(0);
});

test('a rotation leaves what the probe names known: it is no new reference', async () => {
  await must(project.knox(['add', 'other', '-e', 'production'], 'other-production-1'));
  const header = ['--probe', 'https://pay.example.com/', '--header', 'X-Key: {{secret:other}}', '--yes'];
  await register('a={{secret:s}}', ...header);
  project.accepted.add('');
  await must(project.knox(['rotate', 's', '--generate', '--yes']));
  expect((await project.json<Finding[]>(['route', 'check'])).json).toEqual([]);
  expect((await deletion('other')).code).toBe('still_referenced');
});

test('a route of another project counts, and the error names the project', async () => {
  mkdirSync(join(project.folder, 'api/.knox'), { recursive: true });
  const config = { vault: join(project.folder, '.knox/vault.db'), project: 'api' };
  writeFileSync(join(project.folder, 'api/.knox/config.json'), JSON.stringify(config));
  writeFileSync(join(project.folder, 'api/app.txt'), '{{secret:s@current}}');
  await trustFrom(project, join(project.folder, 'api'));
  project.write('app.txt', 'nothing of it');
  const env = { KNOX_KEY_FILE: join(project.folder, 'k.key'), XDG_STATE_HOME: `${project.folder}/state` };
  await must(runKnox(join(project.folder, 'api'), ['route', 'add', 'app.txt', '-e', 'production'], '', env));
  const ran = await project.knox(['delete', 's', '--yes']);
  expect(ran.exit).toBe(7);
  expect(ran.stderr).toContain('app.txt of the project "api"');
});

test('a file that names a version which was rolled back is told, and so is whoever renders it', async () => {
  await register('a={{secret:s}}');
  await must(project.knox(['rotate', 's', '--generate', '--yes']));
  await must(project.knox(['rotate', 's', '--rollback']));
  project.write('c.txt', 'a={{secret:s_v2}}');
  const found = (await project.json<Finding[]>(['route', 'check'])).json.find(({ code }) => code === 'route-outdated');
  expect(found).toMatchObject({ route: 'c.txt', environment: 'production', severity: 'warning' });
  expect(found!.message).toContain('names s_v2, which was rolled back; production is on s');
  const rendered = await project.knox(['render', 'c.txt', '-e', 'production']);
  expect(rendered).toMatchObject({ exit: 0, stderr: expect.stringContaining('production is on s') });
});

test('a file that step 4 rewrote means for production what production is on, however late it was registered there', async () => {
  await must(project.knox(['add', 'late', '-e', 'staging'], 'old-staging-value'));
  await must(project.knox(['add', 'late', '-e', 'production'], 'old-production-value'));
  project.write('late.txt', '{{secret:late}}');
  project.write('other.txt', '{{secret:late_v2}}');
  await must(project.knox(['route', 'add', 'late.txt', '-e', 'staging']));
  const values = JSON.stringify({ staging: 'new-staging-value', production: 'new-production-value' });
  const rotate = ['rotate', 'late', '--yes', '--values-stdin', '--until', 'update-staging'];
  await must(project.knox(rotate, values));
  expect(project.read('late.txt')).toBe('{{secret:late_v2}}');
  await must(project.knox(['route', 'add', 'late.txt', '-e', 'production']));
  const render = (file: string) => project.knox(['render', file, '-e', 'production']);
  const ran = await must(render('late.txt'));
  expect(ran.stdout.toString()).toBe('old-production-value');
  expect(ran.stderr).toContain('late_v2 is not released to production yet: using late');
  expect((await render('other.txt')).exit).toBe(7);
  expect((await project.knox(['get', 'late_v2', '-e', 'production'])).exit).toBe(7);
});
