/** docs/commands.md is made from the command table. After a change of the table: `npm test -- test/unit/commands-page.test.ts -u`. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { shownOption, shownTasks } from '../../src/command-line/help.ts';
import type { Row } from '../../src/command-line/help.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { GLOBAL_OPTIONS } from '../../src/program.ts';
import { ROOT } from '../helpers/built-program.ts';

function page(): string {
  const lines = [
    '# Commands',
    '',
    'Every command by what it is for, as `knox help` and `knox help COMMAND` say it. This page is made from the command table; a test holds the two together.',
  ];
  for (const { title, commands } of shownTasks(COMMANDS)) {
    lines.push('', `## ${title}`);
    for (const { usage, summary, options, examples } of commands) {
      lines.push('', `### ${usage.replace(' [options]', '')}`, '', summary);
      if (options.length > 0) lines.push('', ...table(options));
      if (examples.length > 0) lines.push('', '```sh', ...examples, '```');
    }
  }
  lines.push('', '## Global options', '', 'Every command takes these.', '', ...table(GLOBAL_OPTIONS.map(shownOption)));
  return `${lines.join('\n')}\n`;
}

function table(options: readonly Row[]): string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return ['| option | |', '| --- | --- |', ...options.map(([term, about]) => `| \`${cell(term)}\` | ${cell(about)} |`)];
}

test('the page of all commands is what the table says', async () => {
  await expect(page()).toMatchFileSnapshot(resolve(ROOT, 'docs/commands.md'));
});
