/** The pages of docs/reference but the one about JSON: tables of src/domain/reference. */
import { isKnoxOwn } from '../../../src/domain/key-variables.ts';
import { ERRORS, EXITS, RUN_EXITS } from '../../../src/domain/reference/errors.ts';
import { GUARDS } from '../../../src/domain/reference/guards.ts';
import { GIVEN_VARIABLES, LAUNCH_VARIABLES, VARIABLES } from '../../../src/domain/reference/variables.ts';
import { WARNINGS } from '../../../src/domain/reference/warnings.ts';
import { ERROR_CODES, exitOf, FIXED_GUARDS } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { code, page, table } from './markdown.ts';

export function exitCodesPage(): string {
  return page(
    'Exit codes',
    '`src/errors.ts` and `src/domain/reference/errors.ts`',
    table(
      ['exit', 'meaning', '[error codes](errors.md)'],
      Object.entries(EXITS).map(([exit, means]) => [
        exit,
        means,
        ERROR_CODES.filter((one) => exitOf(one) === Number(exit))
          .map(code)
          .join(', '),
      ]),
    ),
    '`knox run` exits as its command did, and otherwise:',
    table(['exit', 'meaning'], Object.entries(RUN_EXITS)),
  );
}

export function errorsPage(): string {
  return page(
    'Errors and warnings',
    '`src/domain/reference/errors.ts` and `warnings.ts`',
    `An error is printed on stderr as \`error: …\` and \`hint: …\`; with \`--json\` as one line, \`{"error":{"code":…,"message":…,"hints":[…]}}\`
([schema](schemas/error.json)). The code and the [exit code](exit-codes.md) stay as they are; message and hints may change.`,
    table(
      ['code', 'exit', 'meaning', 'what to do'],
      Object.entries(ERRORS).map(([name, { means, next }]) => [
        code(name),
        String(exitOf(name as ErrorCode)),
        means,
        next,
      ]),
    ),
    '## Warnings',
    `A warning is printed on stderr as \`warning: …\`, and the command goes on; with \`--json\` as one line,
\`{"warning":{"code":…,"message":…}}\` ([schema](schemas/warning.json)). It has one of these codes, or that of an error which did not end the command.`,
    table(
      ['code', 'meaning'],
      Object.entries(WARNINGS).map(([name, means]) => [code(name), means]),
    ),
  );
}

export function guardsPage(): string {
  const rows = (isFixed: boolean): string[][] =>
    Object.entries(GUARDS)
      .filter(([name]) => (FIXED_GUARDS as readonly string[]).includes(name) === isFixed)
      .map(([name, { prevents, at, instead }]) => [code(name), prevents, at.join(', '), instead]);
  const head = ['guard', 'prevents', 'refuses in', 'what else to do'];
  return page(
    'Guards',
    '`src/errors.ts` and `src/domain/reference/guards.ts`',
    `A guard refuses what is most likely a mistake: [exit code](exit-codes.md) 7, its name is the [error code](errors.md). To go on all the
same, name it and say why: \`--force GUARD[,GUARD] --reason TEXT\`. The log and
\`knox evidence\` show which guards were overridden, and why. \`--force\` without a name is refused, and names the guard.`,
    table(head, rows(false)),
    '`vault_exists` is a conflict: exit code 6.',
    '## Guards that nothing overrides',
    table(head, rows(true)),
  );
}

export function environmentPage(): string {
  return page(
    'Environment variables',
    '`src/domain/reference/variables.ts`',
    'A variable that is set but empty counts as not set. An option goes before its variable.',
    table(
      ['variable', 'what for', 'takes'],
      Object.entries({ ...VARIABLES, ...LAUNCH_VARIABLES }).map(([name, { means, takes }]) => [
        code(name),
        means,
        takes,
      ]),
    ),
    `No program that knox starts gets ${list(Object.keys(VARIABLES).filter(isKnoxOwn).map(code))}. Others it passes on.`,
    '## Set by knox',
    table(
      ['variable', 'what it holds', 'set for'],
      Object.entries(GIVEN_VARIABLES).map(([name, { means, to }]) => [code(name), means, to]),
    ),
  );
}

function list(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
