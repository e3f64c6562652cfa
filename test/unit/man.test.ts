/** The manual page: that it says what the table says, and that roff takes it for what it is. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manPage, roff } from '../../scripts/man.js';
import { shownOption, shownTasks } from '../../src/command-line/help.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { EXITS } from '../../src/domain/reference/errors.ts';
import { VARIABLES } from '../../src/domain/reference/variables.ts';
import { GLOBAL_OPTIONS } from '../../src/program.ts';
import { builtProgram, ROOT } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';

const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  description: string;
  man: string[];
};
const reference = { exits: EXITS, variables: VARIABLES };
const page = manPage(shownTasks(COMMANDS), GLOBAL_OPTIONS.map(shownOption), about, reference);
/** As a terminal shows it, without what makes letters bold. */
const shown = (text: string) => {
  const ran = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-c', '-P-b', '-P-u', '-rLL=200n'], {
    input: text,
    encoding: 'utf8',
  });
  return { errors: ran.stderr, text: ran.stdout };
};

test('the build makes it, where package.json says', () => {
  builtProgram();
  expect(readFileSync(join(ROOT, about.man[0]!), 'utf8')).toBe(page);
});

test('every command and option stands in it', () => {
  for (const { path, options } of COMMANDS) {
    expect(page).toContain(`\n.SS ${roff(`knox ${path}`)} `);
    for (const line of options) expect(page).toContain(`\\fB${roff(shownOption(line)[0])}\\fR`);
  }
});

testNeeding(['groff'], 'roff shows it without a warning, to the letter', () => {
  const { errors, text } = shown(page);
  expect(errors).toBe('');
  for (const { examples } of COMMANDS) for (const line of examples) expect(text).toContain(line);
});

testNeeding(['groff'], 'text that looks like roff stays text', () => {
  const odd = [`.so /etc/passwd`, `'br "x" \\n(xx \\fB -- ^~\``, '\\', '…é—'];
  const options = [[odd[1]!, odd[2]!]] as const;
  const tasks = [{ title: odd[3]!, commands: [{ usage: 'x', summary: odd[0]!, options, examples: odd }] }];
  const { errors, text } = shown(manPage(tasks, [], { version: '1', description: 'Tries.' }, reference));
  expect(errors).toBe('');
  for (const line of odd) expect(text).toContain(line);
});

testNeeding(['mandoc'], 'mandoc finds no error in it', () => {
  const ran = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: page, encoding: 'utf8' });
  // A page made anew at each build has no date.
  expect(ran.stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
});
