/**
 * Step 7: production runs on the new value for a window. Each look probes it, and counts who still asks for the old value; when the new one
 * is refused, the step stops there and then, and does not wait out the clock.
 */
import { MANY_FAILURES } from '../../domain/many-failures.ts';
import { addSeconds } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import { roundsOf } from '../look-back.ts';
import { probeProduction, projectsThatProbe } from '../probe-routes.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { refusalsSince } from '../refusals.ts';
import { refusalsText } from '../needs-text.ts';
import { countsOf, oldUsesSince } from '../usage.ts';

export const monitor: Step = { id: 'monitor', run };

const DAY = 86_400;

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault } = work;
  if (rotation.isCompromised) return { kind: 'skipped', facts: { of: 'nothing', why: 'no-time' } };
  const since = rotation.step('update-production').at ?? rotation.startedAt;
  const until = addSeconds(since, rotation.window);
  const now = vault.now().toISOString();
  const { passed, probed, seen, failure } = await probeProduction(work);
  if (failure !== null) return failure;
  const { rounds, uses, failures } = await vault.read(async (view) => ({
    rounds: await roundsOf(view, rotation),
    uses: await oldUsesSince(view, rotation, 'update-production'),
    failures: await refusalsSince(view, rotation, since),
  }));
  const recent = failures.filter(({ at }) => at >= addSeconds(now, -DAY));
  const lastLook = rounds.at(-1)?.at ?? since;
  const count = recent.reduce((sum, one) => sum + one.count, 0);
  // Those that an earlier run reported are fixed, or a person has found them harmless and continued.
  if (count >= MANY_FAILURES && recent.some(({ at }) => at > lastLook)) {
    const { base, to } = rotation.secrets[0]!;
    const by = recent.map(({ realm: environment, source }) => ({ source, environment }));
    const why = { of: 'refusals', name: to, count, by } as const;
    const error = errors.probe_failed(
      refusalsText(why),
      `find out why and continue: knox rotate ${base}`,
      `or roll back: knox rotate ${base} --rollback`,
    );
    return {
      kind: 'failed',
      error,
      why,
      environments: recent.map(({ realm }) => realm),
      seen: { passed: seen.passed, failed: seen.failed + 1 },
    };
  }
  const blind = rotation.production.filter((name) => !probed.has(name));
  const elsewhere = blind.length === 0 ? [] : await projectsThatProbe(work, blind);
  const refused = failures.reduce((sum, one) => sum + one.count, 0);
  const isOver = now >= until;
  const facts = { of: 'watched', isOver, passed, blind, elsewhere, refused, uses: countsOf(uses), at: now } as const;
  if (isOver) return { kind: 'done', facts, seen };
  const why = { of: 'window', ...(passed > 0 || elsewhere.length > 0 ? {} : { isBlind: true }), since } as const;
  const needs = { kind: 'time', until, environments: rotation.production, why } as const;
  return { kind: 'waits', needs, facts, seen };
}
