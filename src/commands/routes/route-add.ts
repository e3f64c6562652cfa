/**
 * `knox route add`: registers files, or a text that the vault keeps, for environments. On a route that is registered it changes what is
 * given and keeps the rest, so that looking at a file anew loses no probe and no command; an empty text takes a setting away.
 */
import type { Handler, OptionValues } from '../../declarations/command-spec.ts';
import type { Context } from '../../context.ts';
import { parseDuration } from '../../domain/duration.ts';
import { parseNames } from '../../domain/environment-name.ts';
import { printable } from '../../domain/printable.ts';
import { quoted } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import { routePathOf } from '../../files/root-file.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { parseExpect } from '../../domain/expected-status.ts';
import { isHeaderName } from '../../routes/probe-settings.ts';
import { BARE_ROUTE, checkRoute, NO_PROBE, putRoute, registeredPath, requireKept } from '../../routes/register.ts';
import type { CheckedRoute, RouteSettings } from '../../routes/register.ts';
import { routeIn } from '../../routes/route-records.ts';
import { parseFormatName, refusePlaceholders } from '../../templates/template.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { refuseLiteral } from '../common/literals.ts';
import { routeNotes, tellNotes } from './route-notes.ts';
import { describeRoutes } from './route-views.ts';

export const routeAdd: Handler = async (context, args, options) => {
  if (args.length === 0) throw errors.usage('which file?', 'knox route add FILE -e ENV');
  const usage = `knox route add ${args[0]} -e ENV`;
  const environments = parseNames(await askEnvironment(context, options['env'] as string | undefined, usage));
  const given = settingsOf(options);
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
  const checked = await vault.read(async (view) => {
    const found: CheckedRoute[] = [];
    for (const path of paths) {
      for (const environment of environments) {
        view.requireEnvironment(environment);
        view.ring?.realmKey(environment);
        const known = await routeIn(view, environment, { project, path });
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
  return { json: routes, text: `Registered ${paths.map(printable).join(', ')} for ${environments.join(', ')}.` };
};

type Settings = Omit<RouteSettings, 'project' | 'path'>;
type Writable = { -readonly [K in keyof Settings]?: Settings[K] };

/** Settings that a text is given for. */
type Texts = Exclude<keyof Settings, 'headers' | 'headersFromRoute' | 'allowHttp'>;

/** What was given, and nothing else. */
function settingsOf(options: OptionValues): Partial<Settings> {
  const given: Writable = {};
  const take = <K extends Texts>(key: K, option: string, read: (text: string) => NonNullable<Settings[K]>): void => {
    const text = options[option] as string | undefined;
    if (text !== undefined) given[key] = text === '' ? null : read(text);
  };
  const clear =
    (flag: string) =>
    (text: string): string => {
      refuseLiteral(flag, text);
      return text;
    };
  const allowsHttp = options['allowHttp'] === true;
  take('format', 'format', parseFormatName);
  take('template', 'template', clear('--template'));
  take('probe', 'probe', (text) => requireAddress(clear('--probe')(text), allowsHttp));
  take('method', 'method', requireMethod);
  take('expect', 'expect', requireExpect);
  const command =
    (flag: string) =>
    (text: string): string => {
      refusePlaceholders(flag, text, 'the command gets the rendered route on its stdin; knox run gives variables');
      return clear(flag)(text);
    };
  take('testCommand', 'testCommand', command('--test-command'));
  take('deployCommand', 'deployCommand', command('--deploy-command'));
  take('timeout', 'timeout', requireTimeout);
  const headers = (options['header'] as string[] | undefined)?.filter((text) => text !== '');
  if (headers !== undefined) given.headers = headers.map((text) => requireHeader(clear('--header')(text)));
  if (options['headersFromRoute'] === true) given.headersFromRoute = true;
  // An address that is given says anew whether it may go without TLS.
  if (allowsHttp || given.probe !== undefined) given.allowHttp = allowsHttp;
  return given;
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
    throw errors.usage('a method, a header and an expected status belong to a probe', 'give its address: --probe URL');
  return { ...settings, ...NO_PROBE };
}

function requireExpect(text: string): string {
  parseExpect(text);
  return text;
}

/** A day at most: what takes longer has stopped. @throws usage */
function requireTimeout(text: string): number {
  const seconds = parseDuration(text);
  if (seconds >= 1 && seconds <= LONGEST_TIMEOUT) return seconds;
  throw errors.usage('--timeout is between 1 second and 1 day', 'for example --timeout 15m');
}

const LONGEST_TIMEOUT = 86_400;

function requireHeader(text: string): string {
  const name = text.slice(0, Math.max(0, text.indexOf(':'))).trimEnd();
  if (isHeaderName(name) && !/[\r\n\0]/.test(text)) return text;
  throw errors.usage("--header takes 'NAME: TEXT'", "for example --header 'Authorization: Bearer {{secret:NAME}}'");
}

function requireMethod(text: string): string {
  // The others mean something to the connection itself, and are not sent.
  if (/^(?!(?:connect|trace|track)$)[A-Za-z]{1,20}$/i.test(text)) return text.toUpperCase();
  throw errors.usage(`${quoted(text)} is no HTTP method`, 'for example GET or POST');
}

/** @throws usage, invalid_value */
function requireAddress(text: string, allowsHttp: boolean): string {
  const filled = text.replace(/\{\{[^}]*\}\}/g, 'x');
  const parsed = URL.canParse(filled) ? new URL(filled) : null;
  const authority = /^https?:\/\/([^/?#\\]+)/i.exec(text)?.[1];
  if (parsed === null || authority === undefined || /[\s\p{Cc}]/u.test(text.replace(/\{\{[^}]*\}\}/g, '')))
    throw errors.usage('--probe takes an http or https address', 'for example --probe https://api.example.com/v1/me');
  if (authority.includes('@'))
    throw errors.invalid_value(
      'a user and a password in the address of a probe are not sent',
      "use a header: --header 'Authorization: Basic {{secret:NAME|base64}}', NAME holding USER:PASSWORD",
    );
  if (authority.includes('{'))
    throw errors.invalid_value('the host of a probe can not come from a secret', 'write the host out');
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname) && !allowsHttp)
    throw errors.invalid_value(
      `a probe of ${printable(parsed.host)} by http would send the secret in the clear`,
      'use https, or --allow-http',
    );
  return text;
}

/** A file and a text exclude each other; an inline route without a deploy command goes nowhere. @throws usage */
function requireWhole({ path, template, deployCommand: deploy }: RouteSettings): void {
  if (!path.startsWith('@')) {
    if (template !== null) throw errors.usage('--template is for an inline route', 'name it @LABEL');
    return;
  }
  if (!/^@[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(path))
    throw errors.usage('a label is @ and letters, digits, "_", "." or "-"', 'for example @ci');
  if (template === null) throw errors.usage(`${path} needs its text`, 'give --template TEXT');
  if (deploy === null)
    throw errors.usage(`${path} needs a command that takes it somewhere`, 'give --deploy-command CMD');
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
  if (!(await context.confirm(`Send ${[...fresh].join(', ')} when probing?`)))
    throw errors.cancelled('nothing was registered');
}
