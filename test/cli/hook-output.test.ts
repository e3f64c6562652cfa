/** What test and deploy commands print: a line at a time while they run, masked, and told line by line afterwards. */
import { existsSync } from 'node:fs';
import { Writable } from 'node:stream';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering, terminal } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  project.write('p.env', 'K={{secret:api_key}}\n');
});
afterEach(() => project.remove());

const deployedBy = (command: string) =>
  must(project.knox(['route', 'add', 'p.env', '-e', 'production', '--deploy-command', command]));
const rotate = (...more: string[]) =>
  project.knox(['rotate', 'api_key', '--values-stdin', '--yes', ...more], JSON.stringify(NEW));

/** Makes the file `go`, for which a command waits, when what has been shown of it is enough. */
async function rotateUntil(isEnough: (shown: string) => boolean): Promise<{ exit: number; stderr: string }> {
  let shown = '';
  const stderr = new Writable({
    write(part: Buffer, _encoding, next) {
      shown += part.toString();
      if (isEnough(shown)) project.write('go', '');
      next();
    },
  });
  const { exit } = await project.knox(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify(NEW), {
    stderr,
  });
  return { exit, stderr: shown };
}

describe('the output of a command', () => {
  test('is shown as it comes, before the command has ended', async () => {
    await deployedBy('echo first; echo second >&2; until test -e go; do sleep 0.02; done; echo third');
    const ran = await rotateUntil((text) => text.includes('    first\n') && text.includes('    second\n'));
    expect({ exit: ran.exit, wentOn: existsSync(join(project.folder, 'go')) }).toEqual({ exit: 0, wentOn: true });
    expect(ran.stderr).toContain('    third\n');
  });

  test.each([
    ['in one piece', 'cat', "K='[knox:api_key_v2]'"],
    [
      'in two writes',
      // The first half has been read when the line before it is shown: it was written with it.
      `printf "begun\\n${NEW.production.slice(0, 9)}"; until test -e go; do sleep 0.02; done; printf "${NEW.production.slice(9)} end"`,
      '[knox:api_key_v2] end',
    ],
    ['in base64', 'printf %s "$(sed "s/K=//;s/\'//g")" | base64', '[knox:api_key_v2]'],
  ])('is masked %s', async (_how, command, shown) => {
    await deployedBy(command);
    const { exit, stderr } = await rotateUntil((text) => text.includes('    begun\n'));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining(`    ${shown}\n`) });
    expect(stderr).not.toContain(NEW.production);
  });

  test('has its control characters escaped, and is no part of what a program reads', async () => {
    await deployedBy(String.raw`printf "a\033[31mb\r\nc\n"`);
    expect((await rotate()).stderr).toContain('    a\\x1b[31mb\n    c\n');
    await project.knox(['rotate', 'api_key', '--rollback']);
    const quiet = await rotate('--json');
    expect(quiet).toMatchObject({ exit: 0, stderr: '' });
  });

  test('of route test too', async () => {
    await must(project.knox(['route', 'add', 'p.env', '-e', 'staging', '--test-command', 'echo seen']));
    expect((await project.knox(['route', 'test', 'p.env', '-e', 'staging'])).stderr).toContain('    seen\n');
  });
});

describe('the output of a command that failed', () => {
  beforeEach(() => deployedBy('echo deploying; echo "boom here" >&2; exit 3'));

  test('is told line by line when it fails; what is kept of it is the exit status', async () => {
    const { prompts, done } = answering([/What now/, 'leave']);
    await must(rotate('--until', 'create'));
    const walked = await project.knox(['rotate', 'api_key', '--yes'], '', { prompts });
    done();
    expect(walked.exit).toBe(1);
    const stdout = terminal();
    await must(project.knox(['rotate', 'api_key', '--status'], '', { stdout }));
    const piped = (await must(project.knox(['rotate', 'api_key', '--status']))).stdout.toString();
    const checklist = (await must(project.knox(['rotate', 'api_key', '--checklist']))).stdout.toString();
    const log = (await must(project.knox(['audit', '--action', 'rotation-failed']))).stdout.toString();
    for (const text of [walked.stderr, stdout.text(), piped, checklist, log]) {
      expect(text).toContain('exit status 3');
      expect(text).not.toContain(String.raw`\n`);
    }
    expect(walked.stderr).toMatch(/\n {4}deploying\n {4}boom here\n/);
    for (const text of [stdout.text(), piped, checklist, log]) expect(text).not.toMatch(/deploying|boom here/);
  });
});
