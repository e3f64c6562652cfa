/** Watching: what there is to do, what is wrong, who did what, and who is told. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { ENVIRONMENT, flag, parsed, stored, text, word, words } from '../../command-line/option.ts';
import { AUDIT_FORMATS, CHECK_FORMATS, either, EVENTS, SCAN_FORMATS, SEVERITIES } from '../../domain/choices.ts';

const readBegin = async () => (await import('../../domain/moment.ts')).momentOf;
const readEnd = async () => (await import('../../domain/moment.ts')).endOf;

const AUDIT = takes(
  { name: '[name]' },
  {
    since: parsed('--since <when>', 'from then on: a date, or a duration ago such as 30d', readBegin),
    until: parsed('--until <when>', 'up to then: a date, or a duration ago', readEnd),
    action: text('--action <action>', 'only this action, such as add'),
    actor: text('--actor <actor>', 'only this person, as user@machine'),
    key: text('--key <id>', 'only this key: its ID or label'),
    limit: parsed(
      '--limit <n>',
      'at most this many entries (default: 50)',
      async () => (await import('./read-options.ts')).readLimit,
    ),
    format: word('--format <format>', 'output format: jsonl, one JSON object per line', AUDIT_FORMATS),
  },
);
export type Audit = Given<typeof AUDIT>;

const AUDIT_VERIFY = takes({}, { identity: text('--identity <identity>', 'fail unless it is this vault') });
export type AuditVerify = Given<typeof AUDIT_VERIFY>;

const CHECK = takes(
  { names: '[name...]' },
  {
    format: word('--format <format>', `output format (default: text): ${either(CHECK_FORMATS)}`, CHECK_FORMATS),
    failOn: word(
      '--fail-on <severity>',
      `exit 3 from this severity on (default: error): ${either(SEVERITIES)}`,
      SEVERITIES,
    ),
    baseline: text('--baseline <file>', 'ignore the findings in this file, an earlier --json'),
    webhook: flag('--webhook', 'send the findings to the receivers of knox notify'),
  },
);
export type Check = Given<typeof CHECK>;

const SCAN = takes(
  { paths: '[path...]' },
  {
    history: flag('--history', 'search the whole git history as well'),
    staged: flag('--staged', 'search only what is staged for the next commit'),
    installHook: flag('--install-hook', 'install a git hook that scans before each commit'),
    format: word('--format <format>', `output format: ${either(SCAN_FORMATS)}`, SCAN_FORMATS),
  },
);
export type Scan = Given<typeof SCAN>;

const EVIDENCE = takes(
  {},
  {
    since: parsed('--since <date>', 'first day, or a duration ago (default: a year before the end)', readBegin),
    until: parsed('--until <date>', 'last day (default: now)', readEnd),
    csv: flag('--csv', 'print CSV for a spreadsheet'),
    html: parsed(
      '--html <file>',
      'write one page to read or print; - is stdout',
      async () => (await import('./read-options.ts')).readPageName,
    ),
  },
);
export type EvidenceGiven = Given<typeof EVIDENCE>;

const REPORT_AUTH_FAILURE = takes(
  { name: '[name]' },
  {
    env: ENVIRONMENT,
    count: parsed(
      '--count <n>',
      'how many times (default: 1)',
      async () => (await import('./read-options.ts')).readCount,
    ),
    source: stored(
      parsed(
        '--source <text>',
        'where it was seen, such as a log or an alert',
        async () => (await import('./read-options.ts')).readSource,
      ),
    ),
  },
);
export type ReportAuthFailure = Given<typeof REPORT_AUTH_FAILURE>;

const NOTIFY_ADD = takes(
  {},
  {
    webhookSecret: text('--webhook-secret <name>', 'the secret that holds the URL of the webhook'),
    command: stored(text('--command <cmd>', 'a command that gets the notification as JSON on stdin')),
    events: words('--on <event,...>', `send only these (default: all): ${EVENTS.join(', ')}`, EVENTS),
  },
);
export type NotifyAdd = Given<typeof NOTIFY_ADD>;

const NOTIFY_ONE = takes({ id: '<id>' }, {});
export type NotifyOne = Given<typeof NOTIFY_ONE>;

export const STATUS_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'status',
    task: 'watch',
    summary: 'show what needs your attention today',
    load: async () => (await import('./status.ts')).status,
  }),
];

export const AUDIT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'audit',
    task: 'watch',
    summary: 'show who did what, and when',
    takes: AUDIT,
    load: async () => (await import('./audit.ts')).audit,
  }),
  command({
    path: 'audit verify',
    task: 'watch',
    summary: 'verify the audit log and every record against it',
    takes: AUDIT_VERIFY,
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  }),
];

export const NOTIFY_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'notify add',
    task: 'watch',
    summary: 'send notifications to a webhook or command',
    takes: NOTIFY_ADD,
    examples: [
      'knox notify add --webhook-secret chat_webhook --on needs-person,failed',
      'knox notify add --command "./tools/page-somebody" --on incident',
    ],
    load: async () => (await import('./notify.ts')).notifyAdd,
  }),
  command({
    path: 'notify list',
    task: 'watch',
    summary: 'list the notifications',
    load: async () => (await import('./notify.ts')).notifyList,
  }),
  command({
    path: 'notify remove',
    task: 'watch',
    summary: 'remove a notification',
    takes: NOTIFY_ONE,
    load: async () => (await import('./notify.ts')).notifyRemove,
  }),
  command({
    path: 'notify test',
    task: 'watch',
    summary: 'send a test notification',
    takes: NOTIFY_ONE,
    load: async () => (await import('./notify.ts')).notifyTest,
  }),
];

export const SCAN_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'scan',
    task: 'watch',
    summary: "search files and git history for the vault's values",
    takes: SCAN,
    conflicts: [['history', 'staged']],
    examples: [
      'knox scan',
      'knox scan --history',
      'knox scan build/ --format sarif > knox.sarif',
      'knox scan --install-hook',
    ],
    load: async () => (await import('./scan.ts')).scan,
  }),
];

export const CHECK_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'check',
    task: 'watch',
    summary: 'list problems and how to fix them',
    takes: CHECK,
    examples: [
      'knox check',
      'knox check --format sarif > knox.sarif',
      'knox check --json > known.json',
      'knox check --baseline known.json --fail-on warning',
    ],
    load: async () => (await import('./check.ts')).check,
  }),
];

export const EVIDENCE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'evidence',
    task: 'watch',
    summary: 'report rotations, proof and incidents for an auditor',
    takes: EVIDENCE,
    conflicts: [['csv', 'html']],
    examples: [
      'knox evidence --since 2026-01-01 --until 2026-12-31 --html evidence.html',
      'knox evidence --since 90d --csv > rotations.csv',
    ],
    load: async () => (await import('./evidence.ts')).evidence,
  }),
];

export const REPORT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'report auth-failure',
    task: 'watch',
    summary: 'report that another system refused a secret',
    takes: REPORT_AUTH_FAILURE,
    examples: ['knox report auth-failure stripe_api_key -e production --source "gateway log"'],
    load: async () => (await import('./report.ts')).reportAuthFailure,
  }),
];
