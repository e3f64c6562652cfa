/** Where new values come from: what the commands take. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { parsedEach } from '../../command-line/option.ts';

const SOURCE_SET = takes(
  { name: '[name]', kind: '[kind]' },
  {
    options: parsedEach(
      '--option <key=value>',
      'a setting of the source; may hold placeholders',
      async () => (await import('./read-option.ts')).readOption,
    ),
  },
);
export type SourceSet = Given<typeof SOURCE_SET>;

const SOURCE_OF = takes({ name: '[name]' }, {});
export type SourceOf = Given<typeof SOURCE_OF>;

export const SOURCE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'source set',
    task: 'rotate',
    summary: "set where a secret's new values come from",
    takes: SOURCE_SET,
    examples: [
      'knox source set session_key generate --option form=hex --option length=64',
      'knox source set mail_token command --option program=./tools/mail-token',
      'knox source set partner_key manual',
    ],
    load: async () => (await import('./source.ts')).sourceSet,
  }),
  command({
    path: 'source show',
    task: 'rotate',
    summary: "show where a secret's new values come from",
    takes: SOURCE_OF,
    load: async () => (await import('./source.ts')).sourceShow,
  }),
  command({
    path: 'source test',
    task: 'rotate',
    summary: 'test a source, if you agree with a trial credential',
    takes: SOURCE_OF,
    load: async () => (await import('./source-test.ts')).sourceTest,
  }),
  command({
    path: 'source remove',
    task: 'rotate',
    summary: 'remove the source; a person provides new values again',
    takes: SOURCE_OF,
    load: async () => (await import('./source.ts')).sourceRemove,
  }),
];
