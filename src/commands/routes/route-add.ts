/**
 * `knox route add`: registers files, or a text that the vault keeps, for environments. On a route that is registered it changes what is
 * given and keeps the rest, so that looking at a file anew loses no probe and no command; an empty text takes a setting away.
 */
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { errors } from '../../errors.ts';
import { routePathOf } from '../../files/root-file.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { BARE_ROUTE, checkRoute, NO_PROBE, putRoute, registeredPath, requireKept } from '../../routes/register.ts';
import type { CheckedRoute, RouteSettings } from '../../routes/register.ts';
import { routeIn } from '../../routes/route-records.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { routeNotes, tellNotes } from './route-notes.ts';
import { describeRoutes } from './route-views.ts';
import type { RouteView } from './route-views.ts';
import type { RouteAdd } from './declared.ts';
import { addressOf, EMPTY } from './read-route-settings.ts';

export const routeAdd: Run<RouteAdd> = async (context, { routes: args, env, ...asked }) => {
  const usage = `knox route add ${args[0]} -e ENV`;
  const environments = env ?? [await askEnvironment(context, null, usage)];
  const given = settingsOf(asked);
  const { root, project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const named = [...new Set(args.map((path) => routePathOf(root, context.io.cwd, path)))];
  const paths = await vault.read(async (view) => {
    const found: string[] = [];
    for (const path of named) found.push(await registeredPath(view, root, project, path));
    return [...new Set(found)];
  });
  for (const path of named.filter((one) => !paths.includes(one)))
    context.say(`note: ${printable(path)} is a file that is registered under another name`);
  let isNew = false;
  const checked = await vault.read(async (view) => {
    const found: CheckedRoute[] = [];
    for (const path of paths) {
      for (const environment of environments) {
        view.requireEnvironment(environment);
        view.ring?.realmKey(environment);
        const known = await routeIn(view, environment, { project, path });
        isNew ||= known === null;
        const settings = { ...merged(known, given), project, path };
        requireWhole(settings);
        found.push(await checkRoute(view, root, environment, settings));
      }
    }
    return found;
  });
  await acceptPairs(context, checked);
  for (const route of checked) await requireKept(route, given, context.commandGate());
  const detail = { environments, routes: paths };
  await vault.change(async (change) => {
    for (const route of checked) await putRoute(change, route);
    change.log({ action: 'route-add', route: paths.length === 1 ? paths[0]! : null, detail });
  });
  tellNotes(context, await vault.read((view) => routeNotes(view, root, checked)));
  const routes = await vault.read((view) => describeRoutes(view, project, paths));
  const text = `Registered ${paths.map(printable).join(', ')} for ${environments.join(', ')}.`;
  return { json: routes, text, next: isNew ? nextFor(routes, args[0]!, environments[0]!) : null };
};

/** @param file as it was typed, since the route's path is that from the vault's folder */
function nextFor(routes: readonly RouteView[], file: string, environment: string): string | null {
  const [route, another] = routes;
  if (route === undefined || another !== undefined) return 'knox route check';
  if (file.startsWith('@')) return route.secrets.length === 0 ? null : `knox rotate ${route.secrets[0]!}`;
  const isVariables = route.format === 'dotenv';
  return isVariables
    ? `knox run -e ${environment} --env-file ${shellWord(file)} -- COMMAND`
    : `knox render ${shellWord(file)} -e ${environment}`;
}

type Settings = Omit<RouteSettings, 'project' | 'path'>;
type Writable = { -readonly [K in keyof Settings]?: Settings[K] };

/** What was given, and nothing else; what was given empty is to be taken away. @throws invalid_value */
function settingsOf(asked: Omit<RouteAdd, 'routes' | 'env'>): Partial<Settings> {
  const { headers, headersFromRoute, allowHttp, ...texts } = asked;
  const given: Writable = {};
  for (const [key, value] of Object.entries(texts))
    if (value !== null) Object.assign(given, { [key]: value === EMPTY ? null : value });
  if (headers.length > 0) given.headers = headers.filter((text) => text !== EMPTY);
  if (headersFromRoute) given.headersFromRoute = true;
  // An address that is given says anew whether it may go without TLS.
  if (allowHttp || given.probe !== undefined) given.allowHttp = allowHttp;
  if (given.probe !== undefined && given.probe !== null) refuseInTheClear(given.probe, allowHttp);
  return given;
}

/** @throws invalid_value */
function refuseInTheClear(probe: string, isAllowed: boolean): void {
  const { protocol, hostname, host } = addressOf(probe)!;
  if (protocol !== 'http:' || isLoopback(hostname) || isAllowed) return;
  throw errors.invalid_value(
    `a probe of ${printable(host)} by http would send the secret in the clear`,
    'use https, or --allow-http',
  );
}

function settingsIn(known: Settings): Settings {
  const { probe, method, headers, headersFromRoute, expect, allowHttp, ...rest } = known;
  const { format, template, testCommand, deployCommand, timeout } = rest;
  const sent = { probe, method, headers, headersFromRoute, expect, allowHttp };
  return { ...sent, format, template, testCommand, deployCommand, timeout };
}

/** What is registered, with what was given in its place. Without a probe nothing of one is left. @throws usage */
function merged(known: Settings | null, given: Partial<Settings>): Settings {
  const settings = { ...(known === null ? BARE_ROUTE : settingsIn(known)), ...given };
  if (settings.probe !== null) return settings;
  if (given.method || given.expect || given.headersFromRoute || (given.headers ?? []).length > 0)
    throw errors.usage('--method, --header and --expect need --probe', 'add --probe URL');
  return { ...settings, ...NO_PROBE };
}

/** A file and a text can't be combined; an inline route without a deploy command goes nowhere. @throws usage */
function requireWhole({ path, template, deployCommand: deploy }: RouteSettings): void {
  if (!path.startsWith('@')) {
    if (template !== null) throw errors.usage('--template needs an inline route', 'name it @LABEL');
    return;
  }
  if (!/^@[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(path))
    throw errors.usage('invalid label: use @ and letters, digits, "_", "." or "-"', 'for example @ci');
  if (template === null) throw errors.usage(`${path} needs a text`, 'add --template TEXT');
  if (deploy === null) throw errors.usage(`${path} needs a deploy command`, 'add --deploy-command CMD');
}

/** Shows which secret goes to which host; a new pair needs a yes. @throws needs_terminal, cancelled */
async function acceptPairs(context: Context, checked: readonly CheckedRoute[]): Promise<void> {
  const lines = new Set<string>();
  const fresh = new Set<string>();
  for (const { pairs, newPairs } of checked) {
    for (const [base, host] of pairs) lines.add(`  ${base} is sent to ${printable(host)}`);
    for (const [base, host] of newPairs) fresh.add(`${base} to ${printable(host)}`);
  }
  for (const line of lines) context.say(line);
  if (fresh.size === 0) return;
  const sent = [...fresh].join(', ');
  if (!(await context.confirm(`Send ${sent} when probing?`, `send ${sent} when probing`)))
    throw errors.cancelled('nothing was registered');
}
