/** A year of a vault as an auditor meets it: rotations on time and late, one taken back, a leak, guards that were forced, deleted secrets. */
import { addRoutes, makeProject, must, OLD } from './rotation-project.ts';
import type { Project } from './rotation-project.ts';

/** What a page or a spreadsheet must not take for its own. */
export const HOSTILE_OWNER = '=HYPERLINK("https://evil.example","x")<script>alert(1)</script>\u202e';
export const HOSTILE_REASON = '+cmd|<img src=https://evil.example/i.png onerror=alert(1)> "quoted", said\u0007';

/** Every value that any secret of the scene ever had. */
export const sceneValues: string[] = [];

export interface Scene {
  readonly project: Project;
}

/** One rotation of `api_key` to values of that number, up to the step at which the old value is revoked. */
async function begin(project: Project, number: number, ...more: string[]): Promise<void> {
  const values = Object.fromEntries(Object.keys(OLD).map((name) => [name, `api-value-${number}-${name}`]));
  for (const value of Object.values(values)) {
    project.accepted.add(value);
    sceneValues.push(value);
  }
  await project.knox(['rotate', 'api_key', '--values-stdin', '--yes', ...more], JSON.stringify(values));
}

/** The service lets nothing in but the values of that number. */
function revokeAllBut(project: Project, number: number): void {
  for (const value of project.accepted) if (!value.includes(`-${number}-`)) project.accepted.delete(value);
}

const go = (project: Project, ...more: string[]) =>
  must(project.knox(['rotate', 'api_key', '--confirm', 'delete-old,update-docs', ...more]));

/** @param look called at the end of each part, before the clock moves on */
export async function makeScene(look?: (project: Project) => Promise<void>): Promise<Scene> {
  const project = await makeProject();
  sceneValues.length = 0;
  sceneValues.push(...Object.values(OLD));
  const at = async (date: string): Promise<void> => {
    await look?.(project);
    project.now = new Date(date);
  };
  await addRoutes(project);
  await must(project.knox(['set', 'api_key', '--owner', 'payments']));
  const add = (name: string, value: string, ...more: string[]) => {
    sceneValues.push(value);
    return must(project.knox(['add', name, ...more], value));
  };
  await add('region', 'eu-central-1-region', '--shared', '--kind', 'config');
  await add('session_key', 'session-value-1', '-e', 'production', '--kind', 'critical', '--owner', HOSTILE_OWNER);
  await add('old_token', 'old-token-value-1', '-e', 'staging');

  // On time: due on 10 April.
  await at('2026-03-01T09:00:00.000Z');
  await begin(project, 2);
  await at('2026-03-03T09:00:00.000Z');
  revokeAllBut(project, 2);
  await go(project);

  // Never rotated, used, and deleted with a force that says why.
  await at('2026-04-02T08:00:00.000Z');
  await must(project.knox(['get', 'old_token', '-e', 'staging']));
  await must(
    project.knox(['delete', 'old_token', '--yes', '--force', 'still_used', '--reason', 'the service was shut down']),
  );

  // A step left out, and no probe that could prove anything.
  await at('2026-04-20T10:00:00.000Z');
  await must(
    project.knox([
      'rotate',
      'session_key',
      '--generate',
      '--yes',
      '--skip',
      'monitor',
      '--force',
      'too_early',
      '--reason',
      HOSTILE_REASON,
      '--confirm',
      'update-production,verify,delete-old,update-docs',
    ]),
  );
  await must(project.knox(['set', 'session_key_v2', '--every', '60d']));

  // Late: due on 1 June.
  await at('2026-06-10T09:00:00.000Z');
  await begin(project, 3);
  await at('2026-06-12T09:00:00.000Z');
  // Not dead yet: it stops there, and somebody uses the old value meanwhile.
  await project.knox(['rotate', 'api_key', '--yes']);
  await must(project.knox(['get', 'api_key_v2', '-e', 'production']));
  revokeAllBut(project, 3);
  await go(project, '--force', 'still_used', '--reason', 'a look at the old value, by hand');

  // A leak.
  await at('2026-08-01T12:00:00.000Z');
  await begin(project, 4, '--compromised', '--reason', 'pasted into a public issue');
  await at('2026-08-01T14:13:05.000Z');
  revokeAllBut(project, 4);
  await go(project);

  // Taken back.
  await at('2026-09-15T07:30:00.000Z');
  await begin(project, 5);
  await must(project.knox(['rotate', 'api_key', '--rollback', '--yes', '--reason', 'the nightly job failed']));

  // Under way at the end.
  await at('2026-10-12T07:30:00.000Z');
  await begin(project, 6);
  await at('2026-10-13T07:30:00.000Z');
  return { project };
}
