import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { terminal } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const onTerminal = async (argv: string[]): Promise<string> => {
  const stdout = terminal();
  const ran = await project.knox([...argv, '--no-color'], '', { stdout });
  if (ran.exit !== 0) throw new Error(ran.stderr);
  // How long the path of a temporary folder is, is the system's.
  const lines = stdout.text().replaceAll(project.folder, '/tmp/project').split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  return stdout.text();
};

describe('keys', () => {
  test('key new prints the public key and nothing else, so that a script can take it', async () => {
    const made = await must(project.knox(['key', 'new', 'mine.key']));
    expect(made.stdout.toString()).toMatch(/^knox_pub_1_\S+\n$/);
    expect(made.stderr).toContain('mine.key');
  });
});

describe('audit', () => {
  test('says of one use of several values which they were, and finds it by each of their names', async () => {
    await must(project.knox(['add', 'tok', '--shared'], 'a-shared-value'));
    await must(project.knox(['run', '-e', 'staging', '--secret', 'A=api_key', '--secret', 'B=tok', '--', 'true']));
    const log = await onTerminal(['audit']);
    expect(log).toContain('6  use');
    expect(log.replaceAll(/\s+/g, ' ')).toContain('uses: api_key (staging) tok (staging)');
    for (const name of ['api_key', 'tok']) {
      const piped = (await project.knox(['audit', name, '--action', 'use'])).stdout.toString();
      expect(piped).toMatch(/^6\t2026-01-10T12:00:00\.000Z\ttester@test\tuse\t.*\n$/);
    }
  });

  test('shows the newest fifty to a person, says that there are more, and gives a program all', async () => {
    for (let count = 0; count < 50; count++) await must(project.knox(['set', 'api_key', '--note', `note ${count}`]));
    const shown = await project.knox(['audit']);
    const lines = shown.stdout.toString().trimEnd().split('\n');
    expect([lines.length, lines[0]!.split('\t')[0], lines.at(-1)!.split('\t')[0]]).toEqual([50, '5', '54']);
    expect(shown.stderr).toContain('--limit');
    expect((await project.json<object[]>(['audit'])).json).toHaveLength(54);
    expect((await project.json<object[]>(['audit', '--limit', '3'])).json).toMatchObject([
      { seq: 52 },
      { seq: 53 },
      { seq: 54 },
    ]);
  });
});

test('a day that is named as the end is part of what audit shows, and one that is named as the beginning too', async () => {
  const count = async (...argv: string[]) => (await project.json<object[]>(['audit', ...argv])).json.length;
  expect(await count('--until', '2026-01-10')).toBe(4);
  expect(await count('--since', '2026-01-10')).toBe(4);
  expect(await count('--until', '2026-01-09')).toBe(0);
  expect(await count('--until', '2026-01-10T11:59:59Z')).toBe(0);
  expect(await count('--since', '1d', '--until', '0s')).toBe(4);
});

describe('audit verify', () => {
  test('with the identity needs no key, and does not say that nothing was verified', async () => {
    const { json } = await project.json<{ identity: string }>(['audit', 'verify']);
    const bare = { env: { XDG_STATE_HOME: `${project.folder}/elsewhere` } };
    const known = await project.knox(['audit', 'verify', '--identity', json.identity], '', bare);
    expect(known).toMatchObject({ exit: 0, stderr: '' });
    expect(known.stdout.toString()).toMatch(
      /^4 entries verify; 0 records verified, \d+ without their seal \(no key for them\)\n/,
    );
    expect(known.stdout.toString()).toMatch(/\nKNOX_HEAD=4:[0-9a-f]{64}\n$/);
    const believed = await project.knox(['audit', 'verify'], '', bare);
    expect(believed).toMatchObject({ exit: 0, stderr: expect.stringContaining('not verified') });
    const other = 'knox_vault_1_8AHIwEsVsbaZfAGXqf68AIrbTE2NsqyMBLLJzpl_nl7ua5jU';
    const wrong = await project.knox(['audit', 'verify', '--json', '--identity', other], '', bare);
    expect([wrong.exit, wrong.stdout.length]).toEqual([8, 0]);
    expect(wrong.stderr).toContain('vault_damaged');
    const mistyped = await project.knox(['audit', 'verify', '--json', '--identity', 'knox_vault_1_x'], '', bare);
    expect([mistyped.exit, mistyped.stderr.includes('"usage"')]).toEqual([2, true]);
  });
});

describe('status', () => {
  test('is calm where there is nothing to do', async () => {
    const page = await onTerminal(['status']);
    expect(page).toMatch(/Nothing to do today\.\n\n.*4 audit entries, never verified here\n$/s);
  });

  test('counts one as one', async () => {
    const fresh = `${project.folder}/fresh.db`;
    await must(project.knox(['init', '--vault', fresh, '--key-file', 'fresh.key']));
    for (const [argv, text] of [
      [['status'], ': 1 audit entry, '],
      [['audit', 'verify'], '1 entry verifies; '],
      [['doctor'], '1 audit entry and '],
    ] as const)
      expect((await project.knox([...argv, '--vault', fresh, '--key-file', 'fresh.key'])).stdout.toString()).toContain(
        text,
      );
  });

  test('names a secret by its version and the command by its base, as check does', async () => {
    await must(project.knox(['add', 'api_key_v2', '-e', 'staging', '--generate', '--every', '1d']));
    project.laterBy(48);
    expect(await onTerminal(['status'])).toMatch(/ api_key_v2 {2}overdue, .* {2}knox rotate api_key\n/);
    const found = await project.json<{ code: string; secret: string; hint: string }[]>(['check']);
    expect(found.json.find(({ code }) => code === 'overdue')).toMatchObject({
      secret: 'api_key_v2',
      hint: 'knox rotate api_key',
    });
  });

  test('names what there is to do with the command for it, the most urgent first, on one screen', async () => {
    for (let count = 1; count <= 12; count++)
      await must(project.knox(['add', `late_${count}`, '-e', 'staging', '--generate', '--every', `${count}d`]));
    await must(project.knox(['set', 'late_12', '--every', 'never', '--expires', '2026-01-24T12:00:00Z']));
    writeFileSync(join(project.folder, 'app.txt'), '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 'app.txt', '-e', 'staging']));
    writeFileSync(join(project.folder, 'app.txt'), '{{secret:nowhere}}');
    await project.json(['rotate', 'late_11', '--generate', '--yes']);
    project.laterBy(13 * 24);
    await must(project.knox(['audit', 'verify']));
    const page = await onTerminal(['status']);
    expect(page.split('\n').length).toBeLessThan(24);
    expect(page).toMatch(/^Under way\n {2}late_11 /m);
    expect(page).toMatch(/^Due\n {2}late_1 {2}overdue, 12 days ago {2}knox rotate late_1\n {2}late_2 /m);
    expect(page).toContain('  and 6 more: knox list\n');
    expect(page).toMatch(/^Findings\n {2}\S+ app\.txt:1:1 names nowhere/m);
    expect(page).toMatch(/ late_12 expires in 1 day\n {4}knox rotate late_12\n/);
    expect(page).toContain('verified just now');
  });
});
