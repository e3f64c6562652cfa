/** What knox says of itself: where to start, every command by task, and each command's own page, at each width. */
import { describe, expect, test } from 'vitest';
import { firstScreen, GROUPS, helpFor, overview, shown, shownOption } from '../../src/command-line/help.ts';
import { TASKS } from '../../src/command-line/task.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { GLOBAL_OPTIONS } from '../../src/program.ts';

const table = { commands: COMMANDS, globals: GLOBAL_OPTIONS };
const paths = COMMANDS.map(({ path }) => path);
const groups = [...new Set(paths.filter((path) => path.includes(' ')).map((path) => path.split(' ')[0]!))];
const linesOf = (text: string): string[] => text.trimEnd().split('\n');
const longest = (text: string): number => Math.max(...linesOf(text).map((line) => line.length));

describe('the first screen', () => {
  test('says what knox is, where to start, what is used every day and where the rest is', () => {
    expect(firstScreen(table, 80)).toMatchInlineSnapshot(`
      "knox keeps secrets in an encrypted vault and rotates them without downtime: the
      new value beside the old one, step by step, with proof at the end.

      Usage: knox COMMAND [options]

      Start here:
        knox demo                watch a whole rotation in a temporary folder
        knox init                make a vault in this folder
        knox import .env -e ENV  store the values of a .env file

      Every day:
        add        store a secret, or its value for another environment
        get        print a secret's value
        list       list the secrets
        run        run a command with secrets as environment variables
        route add  register config files that use secrets
        rotate     replace a secret without downtime, step by step
        status     show what needs your attention today
        check      list problems and how to fix them

      knox help          all commands, by task
      knox help COMMAND  what a command does and takes, with examples
      man knox           all of it on one page
      "
    `);
  });

  test('fits 24 lines of 80 columns, with the prompt below it', () => {
    const text = firstScreen(table, 80);
    expect(linesOf(text).length).toBeLessThanOrEqual(23);
    expect(longest(text)).toBeLessThanOrEqual(80);
    expect(linesOf(firstScreen(table, 60)).length).toBeGreaterThan(linesOf(text).length);
  });

  test('the eight of every day are commands, each with its summary', () => {
    const part = firstScreen(table, 80).split('Every day:\n')[1]!.split('\n\n')[0]!;
    const rows = linesOf(part).map((line) => line.trim().split(/ {2,}/));
    expect(rows).toHaveLength(8);
    for (const [path, summary] of rows) expect(COMMANDS.find((spec) => spec.path === path)).toMatchObject({ summary });
  });
});

describe('every command by task', () => {
  const text = overview(table, 80);

  test('each command stands under one task, on one line of 80 columns', () => {
    for (const { path, summary } of COMMANDS) {
      const rows = linesOf(text).filter((line) => line.startsWith(`  ${path}  `));
      expect([path, rows.length, rows[0]?.endsWith(`  ${summary}`)]).toEqual([path, 1, true]);
    }
    expect(longest(text)).toBeLessThanOrEqual(80);
  });

  test('the tasks are those that there are, in their order, none of them empty', () => {
    const headings = linesOf(text).filter((line) => line.endsWith(':') && !line.startsWith(' '));
    expect(headings).toEqual(Object.values(TASKS).map((title) => `${title}:`));
    expect(new Set(COMMANDS.map(({ task }) => task))).toEqual(new Set(Object.keys(TASKS)));
  });
});

describe('a page of its own', () => {
  test('no line is longer than the terminal, and none than 120 columns', () => {
    for (const path of [...paths, ...groups])
      for (const width of [80, 100, 120])
        expect([path, width, longest(helpFor(path, table, width)) <= width]).toEqual([path, width, true]);
  });

  test('usage, options, those of every command, then examples', () => {
    expect(helpFor('get', table, 80)).toMatchInlineSnapshot(`
      "Usage: knox get [NAME] [options]

      Print a secret's value.

      Options:
        -e, --env ENV   the environment
        --shared        print the shared value
        --use-log FILE  record uses in this file instead of the vault (default:
                        KNOX_USE_LOG)

      Global options:
        --vault FILE         the vault to use (default: KNOX_VAULT, else the nearest
                             .knox folder)
        --key-file FILE      the key file that unlocks it (default: KNOX_KEY_FILE)
        --json               print one JSON document
        --yes                answer yes to every confirmation
        --force [GUARD,...]  override these guards; needs --reason: too_early,
                             still_referenced, still_used, untested, unreleased,
                             wrong_environment, same_value, vault_exists
        --reason TEXT        why, for the audit log
        --no-color           print no colours
        -h, --help           show this help

      Examples:
        knox get stripe_api_key -e production
        knox get stripe_api_key@current -e staging | pbcopy
      "
    `);
  });

  test('an option of the command that is also one of every command stands there once', () => {
    expect(helpFor('key add', table, 80).split('--key-file FILE ')).toHaveLength(2);
  });

  test('a word of a fixed set is shown', () => {
    for (const { flags, about, choices } of [...COMMANDS.flatMap(({ options }) => options), ...GLOBAL_OPTIONS])
      for (const word of choices?.words ?? []) expect([flags, about]).toEqual([flags, expect.stringContaining(word)]);
  });

  test('what takes several at once, or may be left out, says so in its placeholder', () => {
    for (const { options } of COMMANDS)
      for (const line of options)
        if (line.choices?.separator === ',') expect(shownOption(line)[0]).toMatch(/[A-Z],\.\.\.\]?$/);
    expect(shownOption({ flags: '--generate [length]', about: '' })[0]).toBe('--generate [LENGTH]');
    expect(shownOption({ flags: '--secret <var=name>', about: 'x', isList: true })).toEqual([
      '--secret VAR=NAME',
      'x (repeatable)',
    ]);
    expect(shown(COMMANDS.find(({ path }) => path === 'run')!).usage).toBe('knox run [options] -- [COMMAND...]');
  });

  test('a word under which commands stand has them all, also where it is a command itself', () => {
    for (const group of groups) {
      const text = helpFor(group, table, 80);
      for (const path of paths.filter((one) => one.startsWith(`${group} `)))
        expect(text).toContain(`\n  knox ${path} `);
    }
    expect(Object.keys(GROUPS).toSorted()).toEqual(groups.filter((group) => !paths.includes(group)).toSorted());
    expect(groups).toEqual(expect.arrayContaining(['audit', 'rotations', 'route']));
  });
});
