/** Running a route's test or deploy command with what the route renders to now. */
import { runHook } from '../routes/hook.ts';
import { renderRegistration } from '../routes/render-route.ts';
import type { Concerned } from './concerned.ts';
import type { Work } from './types.ts';

const TEN_MINUTES = 600;

/** @throws hook_failed, and what rendering throws */
export async function hookRoute(work: Work, route: Concerned, command: string, attempt?: string): Promise<void> {
  const { rotation, vault, answers, root, project, services } = work;
  const { registration, path, environment } = route;
  const rendered = await vault.read((view) => renderRegistration(view, root, registration, answers.guards));
  for (const note of rendered.notes) work.guide.note(note);
  try {
    await runHook({
      command,
      route: path,
      environment,
      rotation: rotation.id,
      // The same for a run that was cut off and its repetition, so that a receiver can tell.
      attempt: attempt ?? rotation.route(project, path, environment)?.id ?? null,
      input: rendered.output,
      secrets: rendered.secrets,
      timeoutSeconds: registration.timeout ?? TEN_MINUTES,
      services,
    });
  } finally {
    rendered.output.wipe();
    for (const { value } of rendered.secrets) value.wipe();
  }
}
