/** `knox route test`: the probe and the test command of one route, with the values of one environment. */
import type { Handler } from '../declarations/command-spec.ts';
import type { Context } from '../context.ts';
import { printable } from '../domain/printable.ts';
import { errors, isKnoxError } from '../errors.ts';
import { recordAuthFailures } from '../routes/auth-failures.ts';
import { runHook } from '../routes/hook.ts';
import { prepareProbe, sendProbe } from '../routes/probe.ts';
import type { PreparedProbe } from '../routes/probe.ts';
import { requireRoute } from '../routes/registrations.ts';
import { renderRegistration } from '../routes/render-route.ts';
import type { Vault } from '../vault/vault.ts';
import { askEnvironment, askRoute } from './ask-name.ts';
import { useValues } from './use-values.ts';

const TEN_MINUTES = 600;

export const routeTest: Handler = async (context, args, options) => {
  const given = await askRoute(context, args[0], 'knox route test ROUTE -e ENV');
  const environment = await askEnvironment(
    context,
    options['env'] as string | undefined,
    `knox route test ${given} -e ENV`,
  );
  const { root, project } = await context.place();
  const guards = context.guards();
  const vault = await context.vault('key');
  vault.requireTrust();
  const { registration, rendered, probe } = await useValues(
    context,
    vault,
    { consumer: 'route test' },
    async (view) => {
      await view.requireIntact([environment]);
      const rows = await requireRoute(view, { root, cwd: context.io.cwd, project, given });
      const row = rows.find((known) => known.environment === environment);
      if (row === undefined)
        throw errors.route_not_found(
          `${rows[0]!.path} is not registered for ${environment}`,
          `register it: knox route add ${rows[0]!.path} -e ${environment}`,
        );
      if (row.probe === null && row.test_command === null)
        throw errors.usage(
          `${row.path} has neither a probe nor a test command for ${environment}`,
          `give it one: knox route add ${row.path} -e ${environment} --probe URL, or --test-command CMD`,
        );
      const filled = await renderRegistration(view, root, row, guards);
      const request = await prepareProbe(view, root, row, guards);
      const uses = new Map([...filled.uses, ...(request?.sent ?? [])].map((use) => [use.secret, use]));
      return {
        registration: row,
        rendered: filled,
        probe: request,
        uses: [...uses.values()].map((use) => ({ ...use, consumer: row.path })),
      };
    },
  );
  for (const note of rendered.notes) context.say(`note: ${note}`);
  const { path } = registration;
  const services = context.routeServices(root);
  const result = probe === null ? null : await sendProbe(probe, services);
  if (result !== null && probe !== null) {
    context.say(`Probe of ${printable(path)} for ${environment}: ${result.message}`);
    if (result.isRefused) await noteRefused(context, vault, { environment, path, probe, status: result.status });
    if (!result.isPassed)
      throw errors.probe_failed(
        `the probe of ${path} for ${environment} did not pass: ${result.message}`,
        result.isRefused ? refusedHint(probe) : 'is the service up, and the address right?',
      );
  }
  if (registration.test_command !== null) {
    await runHook({
      command: registration.test_command,
      route: path,
      environment,
      rotation: null,
      attempt: null,
      input: rendered.output,
      secrets: rendered.secrets,
      timeoutSeconds: registration.timeout ?? TEN_MINUTES,
      services,
    });
    context.say(`Test command of ${printable(path)} for ${environment}: passed`);
  }
  const json = { path, environment, probe: result?.message ?? null, testCommand: registration.test_command !== null };
  return { json, text: `${printable(path)} passes for ${environment}.` };
};

function refusedHint({ sent }: PreparedProbe): string {
  const names = [...new Set(sent.map(({ name }) => name))];
  return names.length === 0
    ? 'the service lets nobody in without a secret: give one with --header'
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
    context.warn('not_recorded', 'the vault can not be written to: this authentication failure was not recorded');
  }
}
