/** Running a route's test or deploy command with what the route renders to now. */
import { runHook } from '../routes/hook.ts';
import { renderRoute } from '../routes/render-route.ts';
import type { Concerned } from './concerned.ts';
import type { Work } from './types.ts';

/** What is wished for; a deploy with the old version is another one. */
type Wish = 'test' | 'deploy' | 'back';

/** @throws hook_failed, untrusted_command, and what rendering throws */
export async function hookRoute(work: Work, { record, environment }: Concerned, wish: Wish): Promise<void> {
  const { rotation, vault, answers, root, services } = work;
  const rendered = await vault.read((view) => renderRoute(view, root, record, answers.guards));
  for (const note of rendered.notes) work.guide.note(note);
  try {
    await runHook({
      route: record,
      kind: wish === 'test' ? 'test' : 'deploy',
      rotation: rotation.id,
      // The same for a run that was cut off and its repetition, so that a receiver can tell.
      attempt: [rotation.id, record.id, environment, wish].join('.'),
      input: rendered.output,
      secrets: rendered.secrets,
      services,
    });
  } finally {
    rendered.output.wipe();
    for (const { value } of rendered.secrets) value.wipe();
  }
}
