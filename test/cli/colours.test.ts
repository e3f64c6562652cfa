/** Colours say nothing by themselves: what is shown without them is the same text, and each state has a word or a sign in it. */
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { terminal } from '../helpers/terminal.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  project.write('app.env', 'KEY={{secret:api_key}}\n');
  await must(project.knox(['route', 'add', 'app.env', '-e', 'production', '--deploy-command', 'true']));
  project.write('wrong.env', 'KEY={{secret:nothing_like_it}}\n');
  await must(project.knox(['add', 'late_key', '--shared', '--every', '1d'], 'a-value-that-is-late'));
  project.laterBy(49);
  await must(project.knox(['rotate', 'api_key', '--generate', '--yes', '--until', 'create']));
});
afterAll(() => project.remove());

/** stdout on a terminal. */
async function shown(argv: readonly string[], columns: number, variables: Record<string, string> = {}) {
  const stdout = terminal(columns);
  const env = { KNOX_KEY_FILE: `${project.folder}/k.key`, LANG: 'C.UTF-8', ...variables };
  await runKnox(project.folder, argv, '', env, { now: () => project.now, stdout });
  return stdout.text();
}

const WITHOUT: readonly [string, readonly string[], Record<string, string>][] = [
  ['NO_COLOR', [], { NO_COLOR: '1' }],
  ['--no-color', ['--no-color'], {}],
];
const COMMANDS: readonly (readonly [argv: readonly string[], words: readonly RegExp[]])[] = [
  [['list'], [/late_key.*overdue/, /being rotated/]],
  [['schedule'], [/late_key.*overdue/]],
  [['status'], [/late_key.*overdue/]],
  [['check'], [/^ {2}error /m]],
  [['rotations'], [/active|waiting/]],
  [
    ['rotate', 'api_key', '--status'],
    [/✔ +1 /, /[▶◔] +4 /, /○ +5 /],
  ],
  [['key', 'list'], [/✔/]],
  [['doctor'], [/[✔✘] /]],
];

describe.each([80, 120])('in %i columns', (columns) => {
  test.each(COMMANDS)('%j', async (argv, words) => {
    const coloured = await shown(argv, columns);
    expect(coloured).toContain('\x1b[');
    for (const [name, options, variables] of WITHOUT) {
      const plain = await shown([...argv, ...options], columns, variables);
      expect(plain, name).not.toContain('\x1b');
      // Where a command has no colour it has backticks, which may break a line elsewhere.
      // How much room is left on the disk changes between the two.
      const flat = (text: string): string =>
        stripVTControlCharacters(text)
          .replaceAll(/[`\s]+/g, ' ')
          .replace(/\d+ MiB free/, 'room');
      expect(flat(plain), name).toBe(flat(coloured));
      for (const word of words) expect(plain, name).toMatch(word);
    }
  });
});
