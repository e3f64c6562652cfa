/**
 * Reads who imports whom under a folder of TypeScript, and compares that with the plan of the house (docs/architecture.md).
 * The reading is done by the bundler's parser, so that a comment, a string or a type never passes for an import.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** `type` is gone from the built program; `dynamic` is loaded when the line is reached; `static` with the file itself. */
export type ImportKind = 'static' | 'dynamic' | 'type';
/** `to` is a path under the folder, or a package's name. */
export type Import = { from: string; to: string; kind: ImportKind };

/** @param folder holds the rooms; paths in the answer are relative to it, with `/` */
export function readImports(folder: string): Import[] {
  return globSync('**/*.ts', { cwd: folder }).flatMap((path) => {
    const from = path.replaceAll('\\', '/');
    return importsOf(readFileSync(join(folder, path), 'utf8'), from);
  });
}

export type Node = { type: string; [key: string]: unknown };

function importsOf(text: string, from: string): Import[] {
  const found: Import[] = [];
  visit(parseAst(text, { lang: 'ts' }, from), (node) => {
    const target = (node['source'] as { value?: unknown } | null | undefined)?.value;
    const kind = kindOf(node);
    if (kind === null) return;
    if (typeof target !== 'string') {
      if (kind === 'dynamic') throw new Error(`${from}: import() of something that is not written out`);
      return;
    }
    found.push({ from, to: target.startsWith('.') ? posix.join(posix.dirname(from), target) : target, kind });
  });
  return found;
}

function kindOf(node: Node): ImportKind | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return node['importKind'] === 'type' ? 'type' : 'static';
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node['exportKind'] === 'type' ? 'type' : 'static';
    case 'ImportExpression':
      return 'dynamic';
    default:
      return null;
  }
}

export function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && typeof (value as Node).type === 'string') see(value as Node);
  for (const child of Object.values(value)) visit(child, see);
}

/** Which rooms a room may import: with itself, or only by `import()`. `types`: of these the types alone, which the built program does not have. */
type Plan = {
  readonly now?: readonly string[];
  readonly later?: readonly string[];
  readonly types?: readonly string[];
};

/** The wings of the vault, each above those that it may import. */
export const WINGS: Record<string, Plan> = {
  'vault/records': { now: ['domain'] },
  'vault/documents': { now: ['vault/records', 'crypto', 'domain', 'errors'], types: ['store'] },
  'vault/log': { now: ['vault/documents', 'vault/records', 'crypto', 'domain', 'errors'], types: ['store'] },
  'vault/core': { now: ['vault/log', 'vault/documents', 'vault/records', 'store', 'crypto', 'domain', 'errors'] },
  'vault/secrets': { now: ['vault/core', 'vault/documents', 'vault/records', 'crypto', 'domain', 'errors'] },
  'vault/uses': { now: ['vault/core', 'vault/log', 'vault/documents', 'vault/records', 'crypto', 'domain', 'errors'] },
  'vault/verifying': {
    now: ['vault/core', 'vault/log', 'vault/documents', 'vault/records', 'store', 'crypto', 'domain', 'errors'],
  },
  'vault/trust': { now: ['vault/documents', 'crypto', 'domain', 'errors'] },
  'vault/opening': {
    now: ['vault/trust', 'vault/core', 'vault/log', 'vault/documents', 'crypto', 'domain', 'errors'],
    types: ['store'],
  },
  'vault/gate': {
    now: ['vault/opening', 'vault/core', 'vault/log', 'vault/documents', 'vault/records', 'crypto', 'domain', 'errors'],
  },
  'vault/keys': {
    now: [
      'vault/gate',
      'vault/verifying',
      'vault/opening',
      'vault/trust',
      'vault/core',
      'vault/log',
      'vault/documents',
      'vault/records',
      'store',
      'crypto',
      'domain',
      'errors',
    ],
  },
  'vault/keeping': {
    now: [
      'vault/keys',
      'vault/verifying',
      'vault/opening',
      'vault/core',
      'vault/log',
      'vault/documents',
      'vault/records',
      'crypto',
      'domain',
      'errors',
    ],
    types: ['store'],
  },
};

/** What looks at a vault, and changes it, knows of it. */
const LOOKS = ['vault/core', 'vault/documents', 'vault/records', 'vault/secrets'];

/** Every command may know these. */
const ANY_COMMAND = { now: ['domain', 'errors', 'output', 'terminal'], types: ['context', 'command-line'] };

/** What a subject's commands know beside them. */
function subject(now: readonly string[], types: readonly string[] = []): Plan {
  return {
    now: [...ANY_COMMAND.now, 'commands/common', ...now],
    types: [...ANY_COMMAND.types, 'declared', 'vault/core', 'vault/opening', 'vault/records', ...types],
  };
}

/** Commands, a folder a subject. Subjects know each other by what they have in common, but for `init`, which makes a key as well. */
const COMMANDS: Record<string, Plan> = {
  'commands/common': {
    now: [
      ...ANY_COMMAND.now,
      'notices',
      'rotation',
      'scan',
      'files',
      'vault/core',
      'vault/documents',
      'vault/gate',
      'vault/uses',
    ],
    types: [...ANY_COMMAND.types, 'vault/keys', 'vault/opening'],
  },
  'commands/keys': subject(['files', 'vault/documents', 'vault/keys', 'vault/trust', 'vault/uses']),
  'commands/vault': subject(
    ['commands/keys', 'doctor', 'files', 'vault/gate', 'vault/keys', 'vault/secrets', 'vault/trust'],
    ['vault/documents'],
  ),
  'commands/secrets': subject(['routes', 'sources', 'transfer', 'files', ...LOOKS, 'vault/log', 'vault/uses']),
  'commands/routes': subject(
    ['routes', 'run', 'findings', 'scan', 'templates', 'files', 'vault/secrets'],
    ['vault/uses'],
  ),
  'commands/rotations': subject(['rotation', 'sources', 'findings', 'transfer', 'files', 'vault/secrets']),
  'commands/sources': subject(['rotation', 'sources', 'vault/documents', 'vault/gate', 'vault/secrets']),
  'commands/watching': subject([
    'rotation',
    'routes',
    'scan',
    'findings',
    'notices',
    'evidence',
    'templates',
    'files',
    ...LOOKS,
    'vault/gate',
    'vault/trust',
    'vault/verifying',
  ]),
  'commands/keeping': subject(
    ['migrate', 'rotation', 'files', 'vault/core', 'vault/keeping', 'vault/opening', 'vault/trust', 'vault/uses'],
    ['store', 'vault/documents'],
  ),
  'commands/tools': subject(['completion', 'schemas', 'demo', 'doctor', 'vault/keeping', 'vault/verifying']),
};

const PLAN: Record<string, Plan> = {
  ...WINGS,
  main: {
    now: ['program', 'context', 'session', 'errors', 'output'],
    later: ['program', 'context', 'output', 'terminal'],
  },
  program: {
    now: ['command-table', 'command-line', 'domain', 'errors'],
    later: ['commands/tools', 'command-line-errors'],
    types: ['context', 'session'],
  },
  'command-line-errors': { now: ['command-table', 'domain', 'errors'] },
  'command-table': { now: ['declared'], types: ['command-line'] },
  /** What commands take, a file a subject: loaded at every start. */
  declared: {
    now: ['command-line', 'domain', 'errors'],
    later: Object.keys(COMMANDS).filter((name) => name !== 'commands/common'),
  },
  'command-line': { now: ['domain', 'errors'], types: ['context', 'output'] },
  session: { now: ['domain', 'errors'], later: ['terminal', 'files'], types: ['vault/trust'] },
  context: {
    now: ['session', 'unlocking', 'allowing', 'domain', 'errors'],
    later: ['sqlite', 'vault/documents', 'vault/keys', 'vault/opening', 'vault/trust', 'crypto', 'terminal', 'files'],
    types: ['store', 'routes', 'keyring', 'vault/gate'],
  },
  unlocking: { now: ['errors'], later: ['crypto', 'keyring', 'files', 'vault/trust'], types: ['session'] },
  allowing: { now: ['domain'], later: ['vault/gate'], types: ['session', 'vault/opening', 'vault/trust'] },
  ...COMMANDS,
  demo: { now: ['main', 'domain', 'files', 'context', 'errors', 'terminal'], types: ['session'] },
  rotation: {
    now: [
      'sources',
      'routes',
      'scan',
      'templates',
      'files',
      ...LOOKS,
      'vault/gate',
      'vault/keys',
      'vault/log',
      'vault/uses',
      'domain',
      'errors',
    ],
    types: ['store', 'vault/opening'],
  },
  run: { now: ['routes', 'templates', 'files', 'domain', 'errors'], types: ['vault/core', 'vault/uses'] },
  transfer: { now: ['crypto', 'templates', 'domain', 'errors'] },
  schemas: { now: ['findings', 'domain', 'errors'] },
  completion: { now: ['domain', 'errors'], later: ['sqlite', 'files', 'schemas'], types: ['command-line', 'store'] },
  migrate: {
    now: ['routes', 'templates', 'files', ...LOOKS, 'vault/gate', 'domain', 'errors'],
    types: ['vault/opening'],
  },
  scan: { now: ['files', ...LOOKS, 'vault/keys', 'domain', 'errors'] },
  doctor: { now: ['files', 'domain', 'errors'], types: ['vault/log', 'vault/verifying'] },
  evidence: { now: ['rotation', ...LOOKS, 'vault/log', 'vault/verifying', 'domain', 'errors'] },
  findings: { now: ['routes', 'rotation', 'templates', 'files', ...LOOKS, 'domain', 'errors'] },
  routes: {
    now: ['programs', 'templates', 'files', ...LOOKS, 'vault/gate', 'domain', 'errors'],
    types: ['vault/uses'],
  },
  programs: { now: ['domain', 'errors'] },
  notices: { now: ['programs', ...LOOKS, 'domain', 'errors'] },
  store: { now: ['domain', 'errors'], later: ['sqlite'] },
  sqlite: { now: ['store', 'domain', 'errors'] },
  crypto: { now: ['domain', 'errors'] },
  templates: { now: ['domain', 'errors'] },
  sources: { now: ['programs', 'domain', 'errors'] },
  files: { now: ['domain', 'errors'] },
  keyring: { now: ['files', 'domain', 'errors'] },
  output: { now: ['domain', 'errors'], types: ['terminal'] },
  terminal: { now: ['domain', 'errors'] },
  domain: { now: ['errors'] },
  errors: {},
};

/** The only rooms that know a package, its types too. */
const PACKAGES: Record<string, readonly string[]> = {
  'better-sqlite3': ['sqlite'],
  'libsodium-wrappers': ['crypto'],
  'ical-generator': ['output'],
  oauth4webapi: ['sources'],
  'node-sarif-builder': ['output'],
  pg: ['sources'],
  inquirer: ['terminal'],
  chalk: ['terminal'],
  'cli-table3': ['terminal'],
  commander: ['program'],
  yaml: ['transfer'],
  '@lydell/node-pty': ['run'],
  '@napi-rs/keyring': ['keyring'],
};

function roomOf(path: string): string {
  if (/^commands\/[^/]+\/declared\.ts$/.test(path)) return 'declared';
  if (path.startsWith('store/sqlite/')) return 'sqlite';
  if (/^(?:vault|commands)\/.*\//.test(path)) return path.split('/').slice(0, 2).join('/');
  return path.replace(/(\/.*|\.ts)$/, '');
}

/** One line for each import that the plan does not have. */
export function findBreaches(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    const reason = breachOf(one);
    return reason === null ? [] : [`${one.from} -> ${one.to} (${one.kind}): ${reason}`];
  });
}

/**
 * Files that know each other in a circle, types too, each circle once. `import()` closes none: what it loads is there by then.
 * @returns the files of each, in their order
 */
export function circlesOf(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(
    imports.filter(({ to, kind }) => to.endsWith('.ts') && kind !== 'dynamic'),
    ({ from }) => from,
  );
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>();
    const left = [start];
    for (let file = left.pop(); file !== undefined; file = left.pop())
      for (const { to } of targets.get(file) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        left.push(to);
      }
    return seen;
  };
  const reached = new Map([...targets.keys()].map((file) => [file, reach(file)]));
  const circles = new Map<string, string[]>();
  for (const [file, own] of reached) {
    if (!own.has(file)) continue;
    const circle = [...own].filter((other) => reached.get(other)?.has(file) === true).toSorted();
    circles.set(circle.join(), circle);
  }
  return [...circles.values()];
}

/** The rooms as the plan has them, each after all that it knows at once, by its types too. @throws where there is no such order */
export function roomsInOrder(): string[] {
  const done: string[] = [];
  const place = (room: string, above: readonly string[]): void => {
    if (done.includes(room)) return;
    if (above.includes(room)) throw new Error(`a circle of rooms: ${[...above, room].join(' -> ')}`);
    const { now = [], types = [] } = PLAN[room] ?? {};
    for (const target of [...now, ...types]) place(target, [...above, room]);
    done.push(room);
  };
  for (const room of Object.keys(PLAN)) place(room, []);
  return done;
}

function breachOf({ from, to, kind }: Import): string | null {
  const room = roomOf(from);
  const plan = PLAN[room];
  if (plan === undefined) return `${room} is no room of the house`;
  if (to.startsWith('node:')) return null;
  if (!to.endsWith('.ts')) {
    const homes = PACKAGES[to];
    if (homes === undefined) return `no room has the package ${to}`;
    return homes.includes(room) ? null : `only ${homes.join(', ')} may know ${to}`;
  }
  if (to.startsWith('..')) return 'leaves src';
  const target = roomOf(to);
  if (PLAN[target] === undefined) return `${target} is no room of the house`;
  if (target === room || plan.now?.includes(target)) return null;
  const isKnown = plan.later?.includes(target) === true || plan.types?.includes(target) === true;
  if (kind === 'type' && isKnown) return null;
  if (plan.later?.includes(target)) return kind === 'dynamic' ? null : `${room} may load ${target} only by import()`;
  if (plan.types?.includes(target)) return `${room} may know no more of ${target} than its types`;
  return `${room} may not import ${target}`;
}
