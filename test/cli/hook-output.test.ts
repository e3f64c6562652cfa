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

describe('the output of a command', () => {
  test('is shown as it comes, before the command has ended', async () => {
    await deployedBy('echo first; echo second >&2; until test -e go; do sleep 0.02; done; echo third');
    const parts: string[] = [];
    const stderr = new Writable({
      write(part: Buffer, _encoding, next) {
        parts.push(part.toString());
        // Both were shown: only now it may go on.
        const shown = parts.join('');
        if (shown.includes('    first\n') && shown.includes('    second\n')) project.write('go', '');
        next();
      },
    });
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify(NEW), { stderr });
    expect([ran.exit, existsSync(join(project.folder, 'go'))]).toEqual([0, true]);
    expect(parts.join('')).toContain('    third\n');
  });

  test.each([
    ['in one piece', 'cat', "K='[knox:api_key_v2]'"],
    [
      'in two writes',
      `printf "${NEW.production.slice(0, 9)}"; sleep 0.2; printf "${NEW.production.slice(9)} end"`,
      '[knox:api_key_v2] end',
    ],
    ['in base64', 'printf %s "$(sed "s/K=//;s/\'//g")" | base64', '[knox:api_key_v2]'],
  ])('is masked %s', async (_how, command, shown) => {
    await deployedBy(command);
    const ran = await rotate();
    expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining(`    ${shown}\n`)]);
    expect(ran.stderr).not.toContain(NEW.production);
  });

  test('has its control characters escaped, and is no part of what a program reads', async () => {
    await deployedBy(String.raw`printf "a\033[31mb\r\nc\n"`);
    expect((await rotate()).stderr).toContain('    a\\x1b[31mb\n    c\n');
    await project.knox(['rotate', 'api_key', '--rollback']);
    const quiet = await rotate('--json');
    expect([quiet.exit, quiet.stderr]).toEqual([0, '']);
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
