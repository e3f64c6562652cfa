/** `knox route test`: the probe and the test command of one route, with the values of one environment. */
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { errors, isKnoxError, notRegistered } from '../../errors.ts';
import { recordAuthFailures } from '../../routes/auth-failures.ts';
import { requireHook, runHook } from '../../routes/hook.ts';
import { prepareProbe, requireProbe, sendProbe } from '../../routes/probe.ts';
import type { PreparedProbe } from '../../routes/probe.ts';
import { requireRoute } from '../../routes/route-records.ts';
import { renderRoute } from '../../routes/render-route.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import type { View } from '../../vault/core/view.ts';
import type { RouteRecord } from '../../vault/records/kinds.ts';
import { askEnvironment, askRoute } from '../common/ask-name.ts';
import { useValues } from '../common/use-values.ts';
import type { RouteTest } from './declared.ts';

export const routeTest: Run<RouteTest> = async (context, { route: asked, env }) => {
  const given = await askRoute(context, asked, 'knox route test ROUTE -e ENV');
  const environment = await askEnvironment(context, env, `knox route test ${given} -e ENV`);
  const { root, project } = await context.place();
  const guards = context.guards();
  const vault = await context.vault('key');
  vault.requireTrust();
  const services = context.routeServices(root);
  const find = async (view: View): Promise<RouteRecord> => {
    view.requireEnvironment(environment);
    view.ring?.realmKey(environment);
    const routes = await requireRoute(view, { root, cwd: context.io.cwd, project, given });
    const { path: known } = routes[0]!;
    const own = routes.find(({ realm }) => realm === environment);
    if (own === undefined)
      throw notRegistered(known, environment, `register it: knox route add ${known} -e ${environment}`);
    if (own.probe === null && own.testCommand === null)
      throw errors.usage(
        `${known} has no probe and no test command for ${environment}`,
        `add one: knox route add ${known} -e ${environment} --probe URL, or --test-command CMD`,
      );
    return own;
  };
  // What may not run here gets no value, and no use is recorded of any.
  const wanted = await vault.read(async (view) => {
    const own = await find(view);
    return { own, request: await prepareProbe(view, root, own, guards) };
  });
  if (wanted.request !== null) await requireProbe(wanted.request, services.gate);
  await requireHook(wanted.own, 'test', services.gate);
  const { route, rendered, probe } = await useValues(context, vault, { consumer: 'route test' }, async (view) => {
    const own = await find(view);
    const filled = await renderRoute(view, root, own, guards);
    const request = await prepareProbe(view, root, own, guards);
    const uses = new Map([...filled.uses, ...(request?.sent ?? [])].map((use) => [use.name, use]));
    return {
      route: own,
      rendered: filled,
      probe: request,
      uses: [...uses.values()].map((use) => ({ ...use, consumer: own.path })),
    };
  });
  for (const note of rendered.notes) context.say(`note: ${note}`);
  const { path } = route;
  const result = probe === null ? null : await sendProbe(probe, services);
  if (result !== null && probe !== null) {
    context.say(`Probe of ${printable(path)} for ${environment}: ${result.message}`);
    if (result.isRefused) await noteRefused(context, vault, { environment, path, probe, status: result.status });
    if (!result.isPassed)
      throw errors.probe_failed(
        `the probe of ${path} for ${environment} did not pass: ${result.message}`,
        result.isRefused ? refusedHint(probe) : 'check that the service is up and the address is right',
      );
  }
  if (route.testCommand !== null) {
    const { output: input, secrets } = rendered;
    await runHook({ route, kind: 'test', rotation: null, attempt: null, input, secrets, services });
    context.say(`Test command of ${printable(path)} for ${environment}: passed`);
  }
  const json = { path, environment, probe: result?.message ?? null, testCommand: route.testCommand !== null };
  return { json, text: `${printable(path)} passes for ${environment}.` };
};

function refusedHint({ sent }: PreparedProbe): string {
  const names = [...new Set(sent.map(({ name }) => name))];
  return names.length === 0
    ? 'the service needs a secret: add one with --header'
    : `the value was refused: ${names.map((name) => `knox rotate ${name}`).join(', or ')}`;
}

/** 401 or 403 counts against the secrets that were sent; where the vault can only be read, the test says it all the same. */
async function noteRefused(
  context: Context,
  vault: Vault,
  {
    environment,
    path,
    probe,
    status,
  }: { environment: string; path: string; probe: PreparedProbe; status: number | null },
): Promise<void> {
  try {
    await vault.change(async (change) => {
      await recordAuthFailures(change, probe.sent, environment, `probe of ${path}`);
      change.log({ action: 'auth-failure', environment, route: path, detail: { status } });
    });
  } catch (error) {
    if (!isKnoxError(error) || !error.isReadOnly) throw error;
    context.warn('not_recorded', 'the vault is read-only: this authentication failure was not recorded');
  }
}
