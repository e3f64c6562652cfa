/** `knox route add`: registers files, or a text that the vault keeps, for environments. */
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import type { Context } from '../context.ts';
import { parseDuration } from '../domain/duration.ts';
import { parseNames } from '../domain/environment-name.ts';
import { printable } from '../domain/printable.ts';
import { quoted } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { routePathOf } from '../files/root-file.ts';
import { parseExpect } from '../routes/probe-settings.ts';
import { checkRoute, putRoute, registeredPath } from '../routes/register.ts';
import type { CheckedRoute, RouteSettings } from '../routes/register.ts';
import { parseFormatName } from '../templates/template.ts';
import { askEnvironment } from './ask-name.ts';
import { refuseLiteral } from './literals.ts';
import { describeRoutes } from './route-views.ts';

export const routeAdd: Handler = async (context, args, options) => {
  if (args.length === 0) throw errors.usage('which file?', 'knox route add FILE -e ENV');
  const usage = `knox route add ${args[0]} -e ENV`;
  const environments = parseNames(await askEnvironment(context, options['env'] as string | undefined, usage));
  const common = settingsOf(options);
  const { root, project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const given = [...new Set(args.map((path) => routePathOf(root, context.io.cwd, path)))];
  const paths = await vault.read(async (view) => {
    const found: string[] = [];
    for (const path of given) found.push(await registeredPath(view, root, project, path));
    return [...new Set(found)];
  });
  for (const path of given.filter((one) => !paths.includes(one)))
    context.say(`note: ${printable(path)} is a file that is registered under another name`);
  for (const path of paths) requireKind(path, common);
  const checked = await vault.read(async (view) => {
    const found: CheckedRoute[] = [];
    for (const path of paths) {
      for (const environment of environments) {
        view.requireEnvironment(environment);
        await view.requireIntact([environment]);
        found.push(await checkRoute(view, root, { ...common, project, path, environment }));
      }
    }
    return found;
  });
  await acceptPairs(context, checked);
  const detail = { environments, routes: paths };
  await vault.change(async (change) => {
    for (const route of checked) await putRoute(change, route);
    change.log({ action: 'route-add', route: paths.length === 1 ? paths[0]! : null, detail });
  });
  const routes = await vault.read((view) => describeRoutes(view, project, paths));
  return { json: routes, text: `Registered ${paths.map(printable).join(', ')} for ${environments.join(', ')}.` };
};

type Common = Omit<RouteSettings, 'project' | 'path' | 'environment'>;

function settingsOf(options: OptionValues): Common {
  const text = (key: string) => (options[key] as string | undefined) ?? null;
  const headers = ((options['header'] as string[] | undefined) ?? []).map(requireHeader);
  for (const [option, value] of [
    ['--probe', text('probe')],
    ['--template', text('template')],
    ['--test-command', text('testCommand')],
    ['--deploy-command', text('deployCommand')],
    ...headers.map((header) => ['--header', header] as const),
  ] as const)
    refuseLiteral(option, value);
  if (text('expect') !== null) parseExpect(text('expect'));
  const timeout = text('timeout');
  return {
    format: text('format') === null ? null : parseFormatName(text('format')!),
    template: text('template'),
    probe: text('probe') === null ? null : requireAddress(text('probe')!, options['allowHttp'] === true),
    method: text('method') === null ? null : requireMethod(text('method')!),
    headers: JSON.stringify(headers),
    headers_from_route: options['headersFromRoute'] === true ? 1 : 0,
    expect: text('expect'),
    allow_http: options['allowHttp'] === true ? 1 : 0,
    test_command: text('testCommand'),
    deploy_command: text('deployCommand'),
    timeout: timeout === null ? null : parseDuration(timeout),
  };
}

function requireHeader(text: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:/.test(text) && !/[\r\n]/.test(text)) return text;
  throw errors.usage("--header takes 'NAME: TEXT'", "for example --header 'Authorization: Bearer {{secret:NAME}}'");
}

function requireMethod(text: string): string {
  if (/^[A-Za-z]{1,20}$/.test(text)) return text.toUpperCase();
  throw errors.usage(`${quoted(text)} is no HTTP method`, 'for example GET or POST');
}

/** @throws usage, invalid_value */
function requireAddress(text: string, allowsHttp: boolean): string {
  const filled = text.replace(/\{\{[^}]*\}\}/g, 'x');
  const parsed = URL.canParse(filled) ? new URL(filled) : null;
  if (parsed === null || !['https:', 'http:'].includes(parsed.protocol))
    throw errors.usage('--probe takes an http or https address', 'for example --probe https://api.example.com/v1/me');
  if (/^[a-z]+:\/\/[^/?#]*\{\{/i.test(text))
    throw errors.invalid_value('the host of a probe can not come from a secret', 'write the host out');
  const isLocal = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(parsed.hostname);
  if (parsed.protocol === 'http:' && !isLocal && !allowsHttp)
    throw errors.invalid_value(
      `a probe of ${printable(parsed.host)} by http would send the secret in the clear`,
      'use https, or --allow-http',
    );
  return text;
}

/** A file and a text exclude each other; an inline route without a deploy command goes nowhere. @throws usage */
function requireKind(path: string, { template, deploy_command: deploy }: Common): void {
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
