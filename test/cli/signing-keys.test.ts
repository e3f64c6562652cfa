/** docs/signing-keys.md: no token that was signed before, during or after a rotation is refused while it should hold. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseEnv } from 'node:util';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({ development: 'unrelated-development-value' });
});
afterEach(() => project.remove());

const read = (file: string) => parseEnv(project.read(file)) as Record<string, string>;
const HOURS = 3_600_000;
const LIFE = 24 * HOURS;

/** An HS512 token, by the key that the issuer runs with. */
function issue(): { token: string; until: number } {
  const until = project.now.getTime() + LIFE;
  const parts = [{ alg: 'HS512' }, { exp: until }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createHmac('sha512', read('live/issuer.env')['JWT_KEY']!)
    .update(parts.join('.'))
    .digest('base64url');
  return { token: [...parts, signature].join('.'), until };
}

/** Whether the verifier, as it runs, lets a token in. */
function isAccepted(token: string): boolean {
  const { JWT_KEY, JWT_KEY_OLD } = read('live/verifier.env');
  const [head, body, signature] = token.split('.');
  return [JWT_KEY, JWT_KEY_OLD].some(
    (key) => createHmac('sha512', key!).update(`${head}.${body}`).digest('base64url') === signature,
  );
}

test.each([
  ['jwt', 'jwt'],
  ['webhook', 'webhook'],
])('a %s key', async (_what, form) => {
  await must(project.knox(['add', 'jwt_key', '-e', 'production'], 'the-first-signing-key-of-all'));
  await must(project.knox(['source', 'set', 'jwt_key', 'generate', '--option', `form=${form}`]));
  project.write('issuer.env', 'JWT_KEY={{secret:jwt_key@current}}\n');
  project.write('gate/verifier.env', 'JWT_KEY={{secret:jwt_key@current}}\nJWT_KEY_OLD={{secret:jwt_key@previous}}\n');
  project.write('live/.keep', '');
  const tokens: { token: string; until: number }[] = [];
  const look = (when: string): void => {
    tokens.push(issue());
    const holding = tokens.filter(({ until }) => until > project.now.getTime());
    expect([when, holding.map(({ token }) => isAccepted(token))]).toEqual([when, holding.map(() => true)]);
  };
  // Each deployment is looked at in the middle, when one side has the new key and the other has not.
  for (const [file, name] of [
    ['gate/verifier.env', 'verifier.env'],
    ['issuer.env', 'issuer.env'],
  ] as const) {
    await must(
      project.knox([
        'route',
        'add',
        file,
        '-e',
        'production',
        '--deploy-command',
        `cat > live/${name}; date >> live/log`,
      ]),
    );
    await must(project.knox(['render', file, '-e', 'production', '-o', `live/${name}`]));
  }
  look('before');
  const before = read('live/issuer.env')['JWT_KEY'];
  for (let round = 2; round <= 3; round++) {
    await must(project.knox(['rotate', 'jwt_key', '--yes', '--window', '72h', '--until', 'create']));
    look('while the new one is there, and nobody has it');
    // The second deployment fails: the verifier has the new key, the issuer the old one.
    await must(project.knox(['route', 'add', 'issuer.env', '-e', 'production', '--deploy-command', 'exit 1']));
    expect((await project.json(['rotate', 'jwt_key', '--yes'])).code).toBe('hook_failed');
    look('between the two deployments');
    await must(
      project.knox(['route', 'add', 'issuer.env', '-e', 'production', '--deploy-command', 'cat > live/issuer.env']),
    );
    expect((await project.json(['rotate', 'jwt_key', '--yes'])).json.step).toBe('monitor');
    look('when both have it');
    expect(read('live/issuer.env')['JWT_KEY']).not.toBe(before);
    project.laterBy(72);
    look('when the window is over');
    const force = ['--force', 'still_used', '--reason', 'verifier only', '--confirm', 'verify,update-docs'];
    expect((await project.json(['rotate', 'jwt_key', '--yes', ...force])).json.state).toBe('done');
    await must(project.knox(['render', 'gate/verifier.env', '-e', 'production', '-o', 'live/verifier.env']));
    look('after the old one was deleted');
    const { JWT_KEY, JWT_KEY_OLD } = read('live/verifier.env');
    expect(JWT_KEY_OLD).toBe(JWT_KEY);
  }
  expect(project.read('issuer.env')).toBe('JWT_KEY={{secret:jwt_key@current}}\n');
});
