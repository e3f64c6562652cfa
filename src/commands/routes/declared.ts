/** Routes: registering, checking, testing and rendering them, and running programs. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import {
  ENVIRONMENT,
  flag,
  names,
  parsed,
  parsedEach,
  stored,
  text,
  texts,
  unless,
  USE_LOG,
  word,
} from '../../command-line/option.ts';
import { either, FILE_FORMATS, SEVERITIES } from '../../domain/choices.ts';

const FORMAT_HELP = `the format, where the file name does not say it: ${either(FILE_FORMATS)}`;

const ROUTE_ADD = takes(
  { routes: '<route...>' },
  {
    env: names('-e, --env <envs>', 'environments, comma-separated'),
    probe: stored(
      parsed(
        '--probe <url>',
        'an HTTP request that proves the secret works',
        async () => (await import('./read-route-settings.ts')).readAddress,
      ),
    ),
    method: parsed(
      '--method <method>',
      'its method (default GET)',
      async () => (await import('./read-route-settings.ts')).readMethod,
    ),
    headers: stored(
      parsedEach(
        '--header <header>',
        "a header of it, 'NAME: TEXT' with placeholders",
        async () => (await import('./read-route-settings.ts')).readHeader,
      ),
    ),
    headersFromRoute: flag('--headers-from-route', 'send the route, a JSON object of strings, as headers'),
    expect: parsed(
      '--expect <range>',
      'status that passes (default 200-399)',
      async () => (await import('./read-route-settings.ts')).readExpect,
    ),
    allowHttp: flag('--allow-http', 'allow a probe without TLS to a host that is not loopback'),
    testCommand: stored(
      parsed(
        '--test-command <cmd>',
        'a command that tests it, the rendered route on stdin',
        async () => (await import('./read-route-settings.ts')).readCommand,
      ),
    ),
    deployCommand: stored(
      parsed(
        '--deploy-command <cmd>',
        'a command that deploys it, the rendered route on stdin',
        async () => (await import('./read-route-settings.ts')).readCommand,
      ),
    ),
    timeout: parsed(
      '--timeout <duration>',
      'how long a command may take (default 10m)',
      async () => (await import('./read-route-settings.ts')).readTimeout,
    ),
    format: parsed(
      '--format <format>',
      FORMAT_HELP,
      async () => (await import('./read-route-settings.ts')).readFormat,
      { choices: { words: FILE_FORMATS, separator: null } },
    ),
    template: stored(
      parsed(
        '--template <text>',
        'the text of an inline route (@LABEL)',
        async () => (await import('./read-route-settings.ts')).readText,
      ),
    ),
  },
);
export type RouteAdd = Given<typeof ROUTE_ADD>;

const ROUTE_SHOW = takes({ route: '[route]' }, {});
export type RouteShow = Given<typeof ROUTE_SHOW>;

const ROUTE_REMOVE = takes({ route: '[route]' }, { env: ENVIRONMENT });
export type RouteRemove = Given<typeof ROUTE_REMOVE>;

const ROUTE_CHECK = takes(
  { routes: '[route...]' },
  { env: ENVIRONMENT, failOn: word('--fail-on <severity>', `${either(SEVERITIES)} (default)`, SEVERITIES) },
);
export type RouteCheck = Given<typeof ROUTE_CHECK>;

const ROUTE_TEST = takes({ route: '[route]' }, { env: ENVIRONMENT });
export type RouteTest = Given<typeof ROUTE_TEST>;

const RENDER = takes(
  { files: '<file...>' },
  {
    env: ENVIRONMENT,
    output: text('-o, --output <file>', 'write here'),
    outDir: text('--out-dir <folder>', 'write several files here'),
    format: word('--format <format>', FORMAT_HELP, FILE_FORMATS),
    mode: parsed(
      '--mode <mode>',
      'mode of the file written (default 0600)',
      async () => (await import('./read-route-settings.ts')).readMode,
    ),
    check: flag('--check', 'resolve everything and print nothing'),
    strict: flag('--strict', 'refuse a name that was added since the route was registered'),
    reveal: flag('--reveal', 'show the values on a terminal'),
    useLog: USE_LOG,
  },
);
export type Render = Given<typeof RENDER>;

const RUN = takes(
  { command: '[command...]' },
  {
    env: ENVIRONMENT,
    envFiles: texts('--env-file <file>', 'variables from a file with placeholders; a later one wins'),
    secrets: parsedEach(
      '--secret <var=name>',
      'a variable from a secret; wins over files',
      async () => (await import('./read-variables.ts')).readSecretVariable,
    ),
    mounts: parsedEach(
      '--mount <var=file>',
      'render a file to memory, its path in a variable',
      async () => (await import('./read-variables.ts')).readMount,
    ),
    masking: unless('--no-masking', 'let the output through as it is; recorded'),
    useLog: USE_LOG,
  },
);
export type RunGiven = Given<typeof RUN>;

export const ROUTE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'route add',
    summary: 'register config files that name secrets',
    takes: ROUTE_ADD,
    examples: [
      'knox route add config/app.env -e staging',
      "knox route add @ci --template '{{secret:ci_token}}' -e production --deploy-command 'gh secret set CI_TOKEN'",
    ],
    load: async () => (await import('./route-add.ts')).routeAdd,
  }),
  command({
    path: 'route list',
    summary: 'list the routes',
    load: async () => (await import('./route-list.ts')).routeList,
  }),
  command({
    path: 'route show',
    summary: 'all about one route',
    takes: ROUTE_SHOW,
    load: async () => (await import('./route-show.ts')).routeShow,
  }),
  command({
    path: 'route remove',
    summary: 'forget a route',
    takes: ROUTE_REMOVE,
    load: async () => (await import('./route-remove.ts')).routeRemove,
  }),
  command({
    path: 'route check',
    summary: 'check that every placeholder resolves',
    takes: ROUTE_CHECK,
    load: async () => (await import('./route-check.ts')).routeCheck,
  }),
  command({
    path: 'route test',
    summary: "run a route's probe and test command",
    takes: ROUTE_TEST,
    load: async () => (await import('./route-test.ts')).routeTest,
  }),
  command({
    path: 'render',
    summary: 'write config files with their secrets filled in',
    takes: RENDER,
    conflicts: [['output', 'outDir']],
    load: async () => (await import('./render.ts')).render,
  }),
  command({
    path: 'run',
    summary: 'run a command with its secrets',
    takes: RUN,
    passThrough: true,
    examples: [
      'knox run -e development --env-file .env -- npm start',
      'knox run -e production --secret PGPASSWORD=db_password@current -- psql -h db app',
    ],
    load: async () => (await import('./run.ts')).run,
  }),
];
