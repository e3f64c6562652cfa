/** Routes: registering, checking, testing and rendering them. */
import { either, FILE_FORMATS, oneOf, SEVERITIES } from '../domain/choices.ts';
import { ENVIRONMENT, USE_LOG } from './command-spec.ts';
import type { CommandSpec } from './command-spec.ts';

const FORMAT = [
  '--format <format>',
  `the format, where the file name does not say it: ${either(FILE_FORMATS)}`,
  oneOf(FILE_FORMATS),
] as const;

export const ROUTE_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'route add',
    summary: 'register config files that name secrets',
    arguments: ['<route...>'],
    options: [
      ['-e, --env <envs>', 'environments, comma-separated'],
      ['--probe <url>', 'an HTTP request that proves the secret works'],
      ['--method <method>', 'its method (default GET)'],
      ['--header <header>', "a header of it, 'NAME: TEXT' with placeholders", 'list'],
      ['--headers-from-route', 'send the route, a JSON object of strings, as headers'],
      ['--expect <range>', 'status that passes (default 200-399)'],
      ['--allow-http', 'allow a probe without TLS to a host that is not loopback'],
      ['--test-command <cmd>', 'a command that tests it, the rendered route on stdin'],
      ['--deploy-command <cmd>', 'a command that deploys it, the rendered route on stdin'],
      ['--timeout <duration>', 'how long a command may take (default 10m)'],
      FORMAT,
      ['--template <text>', 'the text of an inline route (@LABEL)'],
    ],
    examples: [
      'knox route add config/app.env -e staging',
      "knox route add @ci --template '{{secret:ci_token}}' -e production --deploy-command 'gh secret set CI_TOKEN'",
    ],
    load: async () => (await import('../commands/routes/route-add.ts')).routeAdd,
  },
  {
    path: 'route list',
    summary: 'list the routes',
    load: async () => (await import('../commands/routes/route-list.ts')).routeList,
  },
  {
    path: 'route show',
    summary: 'all about one route',
    arguments: ['[route]'],
    load: async () => (await import('../commands/routes/route-show.ts')).routeShow,
  },
  {
    path: 'route remove',
    summary: 'forget a route',
    arguments: ['[route]'],
    options: [ENVIRONMENT],
    load: async () => (await import('../commands/routes/route-remove.ts')).routeRemove,
  },
  {
    path: 'route check',
    summary: 'check that every placeholder resolves',
    arguments: ['[route...]'],
    options: [ENVIRONMENT, ['--fail-on <severity>', `${either(SEVERITIES)} (default)`, oneOf(SEVERITIES)]],
    load: async () => (await import('../commands/routes/route-check.ts')).routeCheck,
  },
  {
    path: 'route test',
    summary: "run a route's probe and test command",
    arguments: ['[route]'],
    options: [ENVIRONMENT],
    load: async () => (await import('../commands/routes/route-test.ts')).routeTest,
  },
  {
    path: 'render',
    summary: 'write config files with their secrets filled in',
    arguments: ['<file...>'],
    options: [
      ENVIRONMENT,
      ['-o, --output <file>', 'write here'],
      ['--out-dir <folder>', 'write several files here'],
      FORMAT,
      ['--mode <mode>', 'mode of the file written (default 0600)'],
      ['--check', 'resolve everything and print nothing'],
      ['--strict', 'refuse a name that was added since the route was registered'],
      ['--reveal', 'show the values on a terminal'],
      USE_LOG,
    ],
    load: async () => (await import('../commands/routes/render.ts')).render,
  },
  {
    path: 'run',
    summary: 'run a command with its secrets',
    arguments: ['[command...]'],
    passThrough: true,
    options: [
      ENVIRONMENT,
      ['--env-file <file>', 'variables from a file with placeholders; a later one wins', 'list'],
      ['--secret <var=name>', 'a variable from a secret; wins over files', 'list'],
      ['--mount <var=file>', 'render a file to memory, its path in a variable', 'list'],
      ['--no-masking', 'let the output through as it is; recorded'],
      USE_LOG,
    ],
    examples: [
      'knox run -e development --env-file .env -- npm start',
      'knox run -e production --secret PGPASSWORD=db_password@current -- psql -h db app',
    ],
    load: async () => (await import('../commands/routes/run.ts')).run,
  },
];
