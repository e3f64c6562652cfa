/**
 * The program that the prompt tests run in a pseudo-terminal: asks the questions that it is told to and prints what it
 * got. `answer` lines go to stdout, so that a test can redirect that and see that questions do not.
 */
import { existsSync } from 'node:fs';
import { isKnoxError } from '../../src/errors.ts';
import { createPrompts, type Choice, type Prompts } from '../../src/terminal/prompts.ts';
import { createStyle } from '../../src/terminal/style.ts';
import { openTerminal } from '../../src/terminal/terminal-streams.ts';

const FEW: Choice<string>[] = [
  { name: 'development', value: 'dev' },
  { name: 'staging', value: 'stg', description: 'where it is tried' },
  { name: 'archive', value: 'arc', disabled: 'read only' },
  { name: 'production', value: 'prd' },
];
const MANY: Choice<string>[] = Array.from({ length: 30 }, (_, index) => ({
  name: `secret_${String(index).padStart(2, '0')}`,
  value: `value-${index}`,
}));

const QUESTIONS: Record<string, (prompts: Prompts) => Promise<unknown>> = {
  hidden: async (prompts) => hex(await prompts.hidden({ message: 'New value', help: 'From the\x1bprovider.' })),
  empty: async (prompts) => hex(await prompts.hidden({ message: 'May be empty', allowEmpty: true })),
  first: async (prompts) => hex(await prompts.hidden({ message: 'First passphrase', singleLine: true })),
  second: async (prompts) => hex(await prompts.hidden({ message: 'Second passphrase', singleLine: true })),
  wide: async (prompts) => hex(await prompts.hidden({ message: `Value for ${'long_name_'.repeat(9)} in production` })),
  confirm: (prompts) => prompts.confirm({ message: 'Go on?' }),
  agree: (prompts) => prompts.confirm({ message: 'Agree?', default: true }),
  explicit: (prompts) => prompts.confirm({ message: 'Deploy production?', default: 'none' }),
  deliberate: (prompts) => prompts.select({ message: 'What now?', choices: FEW, isDeliberate: true }),
  select: (prompts) => prompts.select({ message: 'Which environment?', choices: FEW, default: 'stg' }),
  search: (prompts) => prompts.select({ message: 'Which secret?', choices: MANY }),
  checkbox: (prompts) => prompts.checkbox({ message: 'Which of them?', choices: FEW }),
  input: (prompts) =>
    prompts.input({
      message: 'Reason',
      default: 'none',
      validate: (text) => (text.length > 3 ? true : 'say a little more'),
    }),
};

const terminal = openTerminal({ stdin: process.stdin, stderr: process.stderr });
if (terminal === null) {
  console.log('answer no terminal');
} else {
  const isAccessible = process.env['ACCESSIBLE'] === '1';
  const style = await createStyle({ colorLevel: 1, signs: 'unicode' });
  const prompts = await createPrompts(terminal, { style, signals: process, isAccessible });
  try {
    // What a long piece of work is for a person who types meanwhile: until the file is there, nothing is asked.
    const busyUntil = process.env['BUSY_UNTIL'];
    if (busyUntil !== undefined) {
      console.log('busy');
      // oxlint-disable-next-line no-await-in-loop -- waiting is the point
      while (!existsSync(busyUntil)) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const name of process.argv.slice(2)) {
      // oxlint-disable-next-line no-await-in-loop -- questions are asked one after the other
      const answer = await QUESTIONS[name]!(prompts);
      console.log(`answer ${name} ${JSON.stringify(answer)}`);
    }
  } catch (error) {
    console.log(`answer failed ${isKnoxError(error) ? error.code : String(error)}`);
    process.exitCode = isKnoxError(error) ? error.exit : 70;
  }
  terminal.close();
}

function hex(bytes: Uint8Array): string {
  return bytes.length > 4096 ? `${bytes.length} bytes` : Buffer.from(bytes).toString('hex');
}
