/** docs/commands.md is made from the command table. After a change of the table: `npm test -- test/unit/commands-page.test.ts -u`. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { OptionLine } from '../../src/command-line/option.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { GLOBAL_OPTIONS } from '../../src/program.ts';
import { ROOT } from '../helpers/built-program.ts';

function page(): string {
  const lines = [
    '# Commands',
    '',
    'Every command, as `knox COMMAND --help` says it. This page is made from the command table; a test holds the two together.',
    '',
    '## Options that every command takes',
    '',
    ...table(GLOBAL_OPTIONS),
  ];
  for (const { path, summary, arguments: words, options, examples } of COMMANDS) {
    lines.push('', `## ${['knox', path, ...words].join(' ')}`, '', `${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
    if (options.length > 0) lines.push('', ...table(options));
    if (examples.length > 0) lines.push('', '```sh', ...examples, '```');
  }
  return `${lines.join('\n')}\n`;
}

function table(options: readonly OptionLine[]): string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return [
    '| option | |',
    '| --- | --- |',
    ...options.map(({ flags, about }) => `| \`${cell(flags)}\` | ${cell(about)} |`),
  ];
}

test('the page of all commands is what the table says', async () => {
  await expect(page()).toMatchFileSnapshot(resolve(ROOT, 'docs/commands.md'));
});
