/**
 * Step 7: production runs on the new value for a window. Each look probes it, and counts who still asks for the old value; when the new one
 * is refused, the step stops there and then, and does not wait out the clock.
 */
import { MANY_FAILURES } from '../../domain/many-failures.ts';
import { addSeconds, momentText } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import { countUses } from '../../vault/logged-uses.ts';
import { lookBack } from '../look-back.ts';
import { placesThatProbe, probeProduction } from '../probe-routes.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { oldNames } from '../usage.ts';

export const monitor: Step = { id: 'monitor', run };

const DAY = 86_400;

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault } = work;
  if (rotation.isCompromised) return { kind: 'skipped', detail: 'the old value has leaked: there is no time to watch' };
  const since = rotation.step('update-production').at ?? rotation.row.started_at;
  const until = addSeconds(since, rotation.row.window);
  const now = vault.now().toISOString();
  const { passed, probed, seen, failure } = await probeProduction(work, 'monitor');
  if (failure !== null) return failure;
  const { rounds, uses, failures } = await vault.read(async (view) => ({
    ...(await lookBack(view, rotation.id, await oldNames(view, rotation))),
    failures: (await view.find('auth_failure')).filter(
      ({ secret, at }) => at >= since && rotation.secrets.some(({ to_secret: to }) => to === secret),
    ),
  }));
  const recent = failures.filter(({ at }) => at >= addSeconds(now, -DAY));
  const lastLook = rounds.at(-1)?.at ?? since;
  const count = recent.reduce((sum, one) => sum + one.count, 0);
  // Those that an earlier look has told of are mended, or a person has found them harmless, and has gone on.
  if (count >= MANY_FAILURES && recent.some(({ at }) => at > lastLook)) {
    const sources = [...new Set(recent.map(({ environment, source }) => `${source} in ${environment}`))].join(', ');
    const { base, to_name: to } = rotation.secrets[0]!;
    const error = errors.probe_failed(
      `${to} was refused ${count} times within a day: ${sources}`,
      `find out why and go on: knox rotate ${base}`,
      `or go back: knox rotate ${base} --rollback`,
    );
    const next = `${error.message}: find out why and run knox rotate ${base}, or go back with --rollback`;
    return {
      kind: 'failed',
      error,
      next,
      environments: recent.map(({ environment }) => environment),
      seen: { passed: seen.passed, failed: seen.failed + 1 },
    };
  }
  const blind = rotation.production.filter((name) => !probed.has(name));
  const elsewhere = blind.length === 0 ? null : await placesThatProbe(work, blind);
  const unseen = `${blind.join(', ')} ${elsewhere === null ? 'has no probe and was not looked at' : `is probed from ${elsewhere} and was not looked at from here`}`;
  const refused = failures.reduce((sum, one) => sum + one.count, 0);
  const found = [
    ...(passed === 0 ? [] : [`${passed} ${passed === 1 ? 'probe' : 'probes'} passed`]),
    ...(blind.length === 0 ? [] : [unseen]),
    ...(refused === 0 ? [] : [`${refused} refused ${refused === 1 ? 'login' : 'logins'} with the new version`]),
    ...(uses.length === 0 ? [] : [`the old version had ${countUses(uses)}`]),
  ];
  if (now >= until) return { kind: 'done', detail: ['the window has passed', ...found].join('; '), seen };
  const why = { of: 'window', ...(passed > 0 || elsewhere !== null ? {} : { isBlind: true }), since } as const;
  const needs = { kind: 'time', until, environments: rotation.production, why } as const;
  return {
    kind: 'waits',
    needs,
    detail: [...found, `last ${passed > 0 ? 'looked at' : 'run'} ${momentText(now)}`].join('; '),
    seen,
  };
}
