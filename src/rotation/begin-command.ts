/** Notes that a command begins, before it does: one that was cut off in the middle is run again, and that is said. */
import { requireHook } from '../routes/hook.ts';
import type { Concerned } from './concerned.ts';
import type { Work } from './types.ts';

/** The action in the log, and how it is said to a person. */
const KINDS = {
  test: { action: 'rotation-test', again: 'the last test', note: 'Testing', with: '' },
  back: {
    action: 'rotation-deploy-back',
    again: 'the last deploy with the old version',
    note: 'Deploying',
    with: ' with the old version',
  },
} as const;

export async function beginCommand(work: Work, route: Concerned, kind: keyof typeof KINDS): Promise<void> {
  const { rotation, project, guide } = work;
  const { path, environment } = route;
  // What may not run here has not begun.
  await requireHook(route.record, kind === 'test' ? 'test' : 'deploy', work.services.gate);
  const { action, again, note, with: how } = KINDS[kind];
  const known = rotation.route(project, path, environment);
  if (known?.begun === kind) {
    guide.warn('runs_again', `${again} of ${path} (${environment}) failed or was cut off; running it again`);
    return;
  }
  guide.note(`${note} ${path} for ${environment}${how}`);
  if (known === null) return;
  await rotation.change({ action, environment, route: path }, (change) =>
    rotation.putRoute(change, environment, { project, path }, { begun: kind }),
  );
}
