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

const FORMAT_HELP = `file format (default: by the file name): ${either(FILE_FORMATS)}`;

const ROUTE_ADD = takes(
  { routes: '<route...>' },
  {
    env: names('-e, --env <env,...>', 'the environments that use it'),
    probe: stored(
      parsed(
        '--probe <url>',
        'URL to request to test that the secret works',
        async () => (await import('./read-route-settings.ts')).readAddress,
      ),
    ),
    method: parsed(
      '--method <method>',
      'HTTP method of the probe (default: GET)',
      async () => (await import('./read-route-settings.ts')).readMethod,
    ),
    headers: stored(
      parsedEach(
        '--header <header>',
        "header of the probe, 'NAME: TEXT'; may hold placeholders",
        async () => (await import('./read-route-settings.ts')).readHeader,
      ),
    ),
    headersFromRoute: flag('--headers-from-route', 'send the route, a JSON object of strings, as the headers'),
    expect: parsed(
      '--expect <range>',
      'HTTP status that passes (default: 200-399)',
      async () => (await import('./read-route-settings.ts')).readExpect,
    ),
    allowHttp: flag('--allow-http', 'allow a probe over http:// to another machine'),
    testCommand: stored(
      parsed(
        '--test-command <cmd>',
        'command that tests the route; it gets the rendered file on stdin',
        async () => (await import('./read-route-settings.ts')).readCommand,
      ),
    ),
    deployCommand: stored(
      parsed(
        '--deploy-command <cmd>',
        'command that deploys the route; it gets the rendered file on stdin',
        async () => (await import('./read-route-settings.ts')).readCommand,
      ),
    ),
    timeout: parsed(
      '--timeout <duration>',
      'how long a command may take (default: 10m)',
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
        'text of an inline route (@LABEL)',
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
  {
    env: ENVIRONMENT,
    failOn: word(
      '--fail-on <severity>',
      `exit 3 from this severity on (default: error): ${either(SEVERITIES)}`,
      SEVERITIES,
    ),
  },
);
export type RouteCheck = Given<typeof ROUTE_CHECK>;

const ROUTE_TEST = takes({ route: '[route]' }, { env: ENVIRONMENT });
export type RouteTest = Given<typeof ROUTE_TEST>;

const RENDER = takes(
  { files: '<file...>' },
  {
    env: ENVIRONMENT,
    output: text('-o, --output <file>', 'write to this file'),
    outDir: text('--out-dir <folder>', 'write to this folder, keeping relative paths'),
    format: word('--format <format>', FORMAT_HELP, FILE_FORMATS),
    mode: parsed(
      '--mode <mode>',
      'mode of the written file (default: 0600)',
      async () => (await import('./read-route-settings.ts')).readMode,
    ),
    check: flag('--check', 'check that everything resolves; print nothing'),
    strict: flag('--strict', 'refuse names added since the route was registered'),
    reveal: flag('--reveal', 'show the values on a terminal'),
    useLog: USE_LOG,
  },
);
export type Render = Given<typeof RENDER>;

const RUN = takes(
  { command: '[command...]' },
  {
    env: ENVIRONMENT,
    envFiles: texts('--env-file <file>', 'variables from a file with placeholders; a later file wins'),
    secrets: parsedEach(
      '--secret <var=name>',
      'set a variable to a secret; wins over files',
      async () => (await import('./read-variables.ts')).readSecretVariable,
    ),
    mounts: parsedEach(
      '--mount <var=file>',
      'render a file in memory and set a variable to its path',
      async () => (await import('./read-variables.ts')).readMount,
    ),
    masking: unless('--no-masking', 'do not mask values in the output (recorded)'),
    useLog: USE_LOG,
  },
);
export type RunGiven = Given<typeof RUN>;

export const ROUTE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'route add',
    task: 'routes',
    summary: 'register config files that use secrets',
    takes: ROUTE_ADD,
    examples: [
      'knox route add config/app.env -e staging',
      "knox route add @ci --template '{{secret:tok}}' -e ci --deploy-command ./push",
    ],
    load: async () => (await import('./route-add.ts')).routeAdd,
  }),
  command({
    path: 'route list',
    task: 'routes',
    summary: 'list the routes',
    load: async () => (await import('./route-list.ts')).routeList,
  }),
  command({
    path: 'route show',
    task: 'routes',
    summary: "show a route's details",
    takes: ROUTE_SHOW,
    load: async () => (await import('./route-show.ts')).routeShow,
  }),
  command({
    path: 'route remove',
    task: 'routes',
    summary: 'unregister a route; the file stays',
    takes: ROUTE_REMOVE,
    load: async () => (await import('./route-remove.ts')).routeRemove,
  }),
  command({
    path: 'route check',
    task: 'routes',
    summary: 'check that the placeholders of all routes resolve',
    takes: ROUTE_CHECK,
    load: async () => (await import('./route-check.ts')).routeCheck,
  }),
  command({
    path: 'route test',
    task: 'routes',
    summary: "run a route's probe and test command",
    takes: ROUTE_TEST,
    load: async () => (await import('./route-test.ts')).routeTest,
  }),
  command({
    path: 'render',
    task: 'routes',
    summary: 'fill in the placeholders of config files',
    takes: RENDER,
    conflicts: [['output', 'outDir']],
    load: async () => (await import('./render.ts')).render,
  }),
  command({
    path: 'run',
    task: 'routes',
    summary: 'run a command with secrets as environment variables',
    takes: RUN,
    passThrough: true,
    examples: [
      'knox run -e development --env-file .env -- npm start',
      'knox run -e production --secret PGPASSWORD=db_password@current -- psql app',
    ],
    load: async () => (await import('./run.ts')).run,
  }),
];
