/** Step 7: production runs on the new value for a window, and is probed each time somebody looks. */
import { untilText } from '../../domain/duration.ts';
import { addSeconds, momentText, secondsBetween } from '../../domain/time.ts';
import { probeProduction } from '../probe-routes.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const monitor: Step = { id: 'monitor', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault } = work;
  if (rotation.isCompromised) return { kind: 'skipped', detail: 'the old value has leaked: there is no time to watch' };
  const until = addSeconds(rotation.step('update-production').at ?? rotation.row.started_at, rotation.row.window);
  const now = vault.now().toISOString();
  const { passed, failure } = await probeProduction(work, 'monitor');
  if (failure !== null) return failure;
  const seen = passed === 0 ? 'no probe is registered' : `${passed} ${passed === 1 ? 'probe' : 'probes'} passed`;
  if (now >= until) return { kind: 'done', detail: `the window has passed; ${seen}` };
  const { base } = rotation.secrets[0]!;
  const next = `Production is watched until ${momentText(until)} (${untilText(secondsBetween(now, until))}), then: knox rotate ${base}`;
  const needs = { kind: 'time', until, environments: rotation.production, next } as const;
  return { kind: 'waits', needs, detail: `${seen}, last looked at ${momentText(now)}` };
}
