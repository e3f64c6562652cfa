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
    since: parsed('--since <when>', 'a duration or a date', readBegin),
    until: parsed('--until <when>', 'a duration or a date', readEnd),
    action: text('--action <action>', 'only this action'),
    actor: text('--actor <actor>', 'only this actor'),
    key: text('--key <id>', 'only this key: its id or label'),
    limit: parsed(
      '--limit <n>',
      'at most this many (default 50)',
      async () => (await import('./read-options.ts')).readLimit,
    ),
    format: word('--format <format>', 'jsonl: one JSON object a line', AUDIT_FORMATS),
  },
);
export type Audit = Given<typeof AUDIT>;

const AUDIT_VERIFY = takes({}, { identity: text('--identity <identity>', 'the vault that it must be') });
export type AuditVerify = Given<typeof AUDIT_VERIFY>;

const CHECK = takes(
  { names: '[name...]' },
  {
    format: word('--format <format>', either(CHECK_FORMATS), CHECK_FORMATS),
    failOn: word('--fail-on <severity>', `exit 3 from this severity on: ${either(SEVERITIES)} (default)`, SEVERITIES),
    baseline: text('--baseline <file>', 'findings of an earlier --json, not counted'),
    webhook: flag('--webhook', 'tell those who asked for it: see knox notify'),
  },
);
export type Check = Given<typeof CHECK>;

const SCAN = takes(
  { paths: '[path...]' },
  {
    history: flag('--history', 'search every blob of the git history as well'),
    staged: flag('--staged', 'search only what is staged for the next commit'),
    installHook: flag('--install-hook', 'let git search what is staged before each commit'),
    format: word('--format <format>', either(SCAN_FORMATS), SCAN_FORMATS),
  },
);
export type Scan = Given<typeof SCAN>;

const EVIDENCE = takes(
  {},
  {
    since: parsed('--since <date>', 'from this day on, or a duration back (default: a year before the end)', readBegin),
    until: parsed('--until <date>', 'up to this day and with it, as things stood then (default: now)', readEnd),
    csv: flag('--csv', 'for a spreadsheet'),
    html: parsed(
      '--html <file>',
      'one page that needs no network, to read or print; - is stdout',
      async () => (await import('./read-options.ts')).readPageName,
    ),
  },
);
export type EvidenceGiven = Given<typeof EVIDENCE>;

const REPORT_AUTH_FAILURE = takes(
  { name: '[name]' },
  {
    env: ENVIRONMENT,
    count: parsed('--count <n>', 'how often (default 1)', async () => (await import('./read-options.ts')).readCount),
    source: stored(
      parsed(
        '--source <text>',
        'who saw it, such as a log or an alert',
        async () => (await import('./read-options.ts')).readSource,
      ),
    ),
  },
);
export type ReportAuthFailure = Given<typeof REPORT_AUTH_FAILURE>;

const NOTIFY_ADD = takes(
  {},
  {
    webhookSecret: text('--webhook-secret <name>', 'the secret that holds the address of a webhook'),
    command: stored(text('--command <cmd>', 'a command that gets it as JSON on stdin')),
    events: words('--on <events>', `${EVENTS.join(', ')} (default: all)`, EVENTS),
  },
);
export type NotifyAdd = Given<typeof NOTIFY_ADD>;

const NOTIFY_ONE = takes({ id: '<id>' }, {});
export type NotifyOne = Given<typeof NOTIFY_ONE>;

export const STATUS_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'status',
    summary: 'what there is to do today',
    load: async () => (await import('./status.ts')).status,
  }),
];

export const AUDIT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'audit',
    summary: 'who did what, when',
    takes: AUDIT,
    load: async () => (await import('./audit.ts')).audit,
  }),
  command({
    path: 'audit verify',
    summary: 'check the whole log and every record against it',
    takes: AUDIT_VERIFY,
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  }),
];

export const NOTIFY_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'notify add',
    summary: 'have a chat, or a command, told of what happens',
    takes: NOTIFY_ADD,
    examples: [
      'knox notify add --webhook-secret chat_webhook --on needs-person,failed,incident',
      'knox notify add --command "./tools/page-somebody" --on incident',
    ],
    load: async () => (await import('./notify.ts')).notifyAdd,
  }),
  command({
    path: 'notify list',
    summary: 'who is told of what',
    load: async () => (await import('./notify.ts')).notifyList,
  }),
  command({
    path: 'notify remove',
    summary: 'tell it nothing any more',
    takes: NOTIFY_ONE,
    load: async () => (await import('./notify.ts')).notifyRemove,
  }),
  command({
    path: 'notify test',
    summary: 'tell it that this is a test',
    takes: NOTIFY_ONE,
    load: async () => (await import('./notify.ts')).notifyTest,
  }),
];

export const SCAN_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'scan',
    summary: "search files and git history for the vault's own values",
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
    summary: 'what is due, unused, leaking or wrong, each with what to type',
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
    summary: 'what an auditor asks for: rotations, proof, exceptions and incidents of a period',
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
    summary: 'note that another system saw a secret refused',
    takes: REPORT_AUTH_FAILURE,
    examples: ['knox report auth-failure stripe_api_key -e production --count 12 --source "gateway log"'],
    load: async () => (await import('./report.ts')).reportAuthFailure,
  }),
];
