/**
 * What is wrong with a command line, and what to type. Words that were typed are repeated only where they can be no value: a secret may
 * have been put there by mistake. Loaded only where something is wrong.
 */
import { COMMANDS } from './command-table.ts';
import { nearest } from './domain/lookalike.ts';
import { errors } from './errors.ts';
import type { KnoxError } from './errors.ts';

/** Words of other tools for what knox has under another name: the first of them that there is, is meant. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  update: ['rotate', 'set'],
  change: ['rotate', 'set'],
  replace: ['rotate'],
  renew: ['rotate'],
  rollback: ['rotate'],
  revoke: ['remove', 'rotate'],
  rotation: ['rotations'],
  continue: ['rotations continue'],
  resume: ['rotations continue'],
  edit: ['set', 'add'],
  modify: ['set', 'add'],
  verify: ['test', 'audit verify'],
  log: ['audit'],
  logs: ['audit'],
  history: ['audit'],
  create: ['new', 'add'],
  new: ['add'],
  put: ['set', 'add'],
  store: ['add'],
  insert: ['add'],
  ls: ['list'],
  secrets: ['list'],
  get: ['show'],
  read: ['show', 'get'],
  cat: ['show', 'get'],
  view: ['show'],
  info: ['show'],
  describe: ['show'],
  details: ['show'],
  delete: ['remove'],
  remove: ['delete'],
  rm: ['remove', 'delete'],
  del: ['remove', 'delete'],
  unset: ['remove', 'delete'],
  destroy: ['delete'],
  exec: ['run'],
  shell: ['run'],
  inject: ['render', 'run'],
  template: ['render'],
  dump: ['export'],
  load: ['import'],
  copy: ['backup'],
  fsck: ['audit verify'],
  lint: ['check'],
  due: ['schedule'],
  calendar: ['schedule'],
  webhook: ['notify add'],
  environment: ['env list'],
  environments: ['env list'],
  envs: ['env list'],
  keys: ['key list'],
  users: ['key list'],
  members: ['key list'],
  share: ['key add'],
  grant: ['key add'],
  invite: ['key add'],
  routes: ['route list'],
  files: ['route list'],
  sources: ['source show'],
  settings: ['setting list'],
  config: ['setting list'],
  login: ['unlock'],
  logout: ['lock'],
  version: ['--version'],
};

/** A command that there is none of. @param group the word that it stood under, where it did */
export function unknownCommand(word: string, group: string | null): KnoxError {
  const shown = /^[a-z-]{1,20}$/.test(word) ? `'${group === null ? '' : `${group} `}${word}'` : 'of that name';
  const meant = meaning(word.toLowerCase(), group);
  return errors.usage(
    `unknown command ${shown}`,
    ...(meant === null ? [] : [`did you mean knox ${meant}?`]),
    `list commands: knox ${group === null ? '' : `${group} `}--help`,
  );
}

/** The command that somebody most likely meant. */
export function meaning(word: string, group: string | null): string | null {
  const paths = COMMANDS.map(({ path }) => path);
  const words =
    group === null
      ? [...new Set(paths.map((path) => path.split(' ')[0]!))]
      : pathsBelow(group).map((path) => path.slice(group.length + 1));
  const meant = Object.hasOwn(MEANT, word) ? MEANT[word]! : [];
  const known = meant.find((one) => words.includes(one) || (group === null && isThere(one, paths)));
  const near = known ?? words.find((one) => word.length > 2 && one.startsWith(word)) ?? nearest(word, words);
  if (near === null) return null;
  return group === null ? near : `${group} ${near}`;
}

function isThere(one: string, paths: readonly string[]): boolean {
  return one.startsWith('-') || paths.includes(one);
}

/** A word under which commands stand, alone. */
export function commandMissing(group: string | null): KnoxError {
  if (group === null) return errors.usage('no command given', 'list commands: knox --help');
  const all = pathsBelow(group);
  const verbs = all.map((path) => path.slice(group.length + 1));
  const said = verbs.length === 1 ? verbs[0] : `${verbs.slice(0, -1).join(', ')} or ${verbs.at(-1)}`;
  return errors.usage(`knox ${group} needs a command: ${said}`, ...all.map((path) => `knox ${path}`));
}

function pathsBelow(group: string): string[] {
  return COMMANDS.flatMap(({ path }) => (path.startsWith(`${group} `) ? [path] : []));
}

/** What commander said of the line that is `words`. */
export function parsingError(code: string, message: string, words: readonly string[]): KnoxError {
  const spec = COMMANDS.filter(({ path }) => ` ${words.join(' ')} `.startsWith(` ${path} `)).toSorted(
    (one, other) => other.path.length - one.path.length,
  )[0];
  const command = spec === undefined ? 'knox' : `knox ${spec.path}`;
  const hint = `see usage: ${command} --help`;
  if (code === 'commander.excessArguments') {
    const verb = spec === undefined ? null : meaning(words[spec.path.split(' ').length] ?? '', spec.path);
    const more = verb === null ? (spec?.surplus ?? undefined) : `did you mean knox ${verb}?`;
    return errors.usage(`too many arguments for ${command}`, ...(more === undefined ? [] : [more]), hint);
  }
  const text = message.replace(/^error: /, '');
  const shown = code === 'commander.unknownOption' ? text.replace(/'(--?[A-Za-z][A-Za-z-]{0,30})?.*?'/s, "'$1'") : text;
  return errors.usage(shown, hint);
}
