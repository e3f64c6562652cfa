/**
 * `knox audit`: who did what, when. Newest last, as a person reads a log; the filters narrow it down. Who it was is the key whose signature
 * covers the entry; the account's name is what the writer said of himself.
 */
import type { Run } from '../../command-line/command.ts';
import { onOneLine, printable } from '../../domain/printable.ts';
import { requireSecretName } from '../../domain/secret-name.ts';
import type { Moments } from '../../domain/moments.ts';
import { relativeTime } from '../../domain/time.ts';
import type { Target } from '../../output/view.ts';
import type { factWords } from '../../rotation/fact-words.ts';
import { paragraph } from '../../terminal/walk-view.ts';
import { readStepFacts } from '../../vault/records/step-facts.ts';
import { writtenDown } from '../../vault/verifying/writers.ts';
import type { WrittenEntry } from '../../vault/verifying/writers.ts';
import type { View } from '../../vault/core/view.ts';
import type { Audit } from './declared.ts';

const DEFAULT_LINES = 50;
const SHOWN_ROUTES = 5;

interface Filter {
  readonly name: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly action: string | null;
  readonly actor: string | null;
  readonly key: string | null;
  readonly limit: number;
}

type Line = Pick<WrittenEntry, 'seq' | 'at' | 'actor' | 'action' | 'secret' | 'environment' | 'route' | 'detail'> & {
  /** Id of the key that wrote it, and its label. */
  readonly key: string;
  readonly label: string;
};

export const audit: Run<Audit> = async (context, given) => {
  const { format } = given;
  const isData = context.isJson || format === 'jsonl';
  const filter = filterOf(given, isData ? Infinity : DEFAULT_LINES);
  const vault = await context.vault('look');
  const { lines, hasMore } = await vault.read((view) => collect(view, filter));
  if (format === 'jsonl' && !context.isJson) return { text: lines.map((line) => JSON.stringify(line)).join('\n') };
  if (hasMore)
    context.say(
      `The newest ${filter.limit === 1 ? 'entry' : `${filter.limit} entries`} only: use --limit N for more, or --since to narrow it down.`,
    );
  const words = context.isJson ? null : await wordsFor(lines);
  return { json: lines, draw: (target) => page(lines, target, vault.now(), words) };
};

type Words = typeof factWords;

/** How what a detail holds is told. */
interface Told {
  readonly words: Words | null;
  readonly moments: Moments;
}

/** What tells facts of rotations, where there are any: it needs much of what a rotation does. */
async function wordsFor(lines: readonly Line[]): Promise<Words | null> {
  if (lines.every(({ detail }) => detail?.['facts'] === undefined)) return null;
  return (await import('../../rotation/fact-words.ts')).factWords;
}

/** One entry a line, on a terminal what it says under it; tab-separated with exact times in a pipe. */
function page(lines: readonly Line[], target: Target, now: Date, words: Words | null): string {
  const told = { words, moments: target.moments };
  if (!target.isTerminal) {
    return lines
      .map((line) =>
        cellsOf(line, told)
          .map((cell) => printable(String(cell ?? '')))
          .join('\t'),
      )
      .join('\n');
  }
  const { style } = target;
  const digits = String(lines.at(-1)?.seq ?? 0).length;
  return lines
    .flatMap((line) => {
      const { seq, at, actor, label, action, secret, environment, route } = line;
      const about = [secret, environment, route].flatMap((part) => (part === null ? [] : [printable(part)]));
      const who = `by ${printable(actor)}, key "${printable(label)}"`;
      const said = [`${relativeTime(at, now)} ${who}`, detailOf(line, told)].filter((part) => part !== '');
      const below = paragraph(said.join('; '), digits + 2, target).map((text) => style.dim(text));
      return [`${style.dim(String(seq).padStart(digits))}  ${[style.name(action), ...about].join('  ')}`, ...below];
    })
    .join('\n');
}

function cellsOf(line: Line, told: Told): (string | number | null)[] {
  const { seq, at, actor, label, action, secret, environment, route } = line;
  return [seq, at, actor, action, secret, environment, route, detailOf(line, told), label];
}

function filterOf({ name, limit, ...filter }: Audit, most: number): Filter {
  if (name !== null) requireSecretName(name);
  return { ...filter, name, limit: limit ?? most };
}

async function collect(view: View, filter: Filter): Promise<{ lines: Line[]; hasMore: boolean }> {
  const lines: Line[] = [];
  for await (const entry of writtenDown(view, view.recordedDown())) {
    // Not the end: a clock that was wrong leaves times which go back.
    if (filter.since !== null && entry.at < filter.since) continue;
    if (!matches(entry, filter)) continue;
    if (lines.length === filter.limit) return { lines: lines.toReversed(), hasMore: true };
    const { seq, at, actor, slot: key, label, action, secret, environment, route, detail } = entry;
    lines.push({ seq, at, actor, key, label, action, secret, environment, route, detail });
  }
  return { lines: lines.toReversed(), hasMore: false };
}

function matches(entry: WrittenEntry, { name, until, action, actor, key }: Filter): boolean {
  if (until !== null && entry.at > until) return false;
  if (action !== null && entry.action !== action) return false;
  if (actor !== null && entry.actor !== actor && entry.actor.split('@')[0] !== actor) return false;
  if (key !== null && entry.slot !== key && entry.label !== key) return false;
  return name === null || entry.secret === name || isMentioned(entry.detail, name);
}

/** Whether a detail names the secret: as one of several that were used, rotated or deleted. */
function isMentioned(value: unknown, name: string): boolean {
  if (typeof value === 'string') return value === name;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((part) => isMentioned(part, name));
}

/** `consumer: get, step: verify`: one line, without the rotation's id; of uses, which they were where the entry's own columns do not say. */
function detailOf(line: Line, told: Told): string {
  return Object.entries(line.detail ?? {})
    .filter(([key, value]) => key !== 'rotation' && value !== null)
    .map(([key, value]) => saidOf(line, key, value, told))
    .filter((text) => text !== '')
    .map((text) => printable(onOneLine(text)))
    .join(', ');
}

function saidOf(line: Line, key: string, value: unknown, { words, moments }: Told): string {
  if (key === 'uses' && Array.isArray(value) && value.every(isNamedUse)) return usesOf(value, line);
  const facts = key === 'facts' ? readStepFacts(value) : null;
  return facts === null || words === null
    ? `${key}: ${wordOf(value, moments)}`
    : `text: ${words(facts, null, moments)}`;
}

interface NamedUse {
  readonly secret: string;
  readonly environment: string;
  /** The route. */
  readonly consumer?: string;
}

/** Any holder of a key can have written it. */
function isNamedUse(value: unknown): value is NamedUse {
  if (!isRecord(value)) return false;
  const { secret, environment, consumer = '' } = value;
  return [secret, environment, consumer].every((text) => typeof text === 'string');
}

/** `uses: api_key (staging: a.env b.env) tok (shared)` */
function usesOf(uses: readonly NamedUse[], { secret, environment, route }: Line): string {
  const routes = (some: readonly NamedUse[]) =>
    route === null ? [...new Set(some.flatMap(({ consumer = [] }) => consumer))] : [];
  const isSaid = secret !== null && environment !== null && routes(uses).length === 0;
  if (isSaid || uses.length === 0) return '';
  const same = Map.groupBy(uses, (use) => JSON.stringify([use.secret, use.environment]));
  const parts = [...same.values()].map((some) => {
    const [first] = some;
    const named = routes(some);
    return `${first!.secret} (${first!.environment}${named.length === 0 ? '' : `: ${someOf(named)}`})`;
  });
  return `uses: ${parts.join(' ')}`;
}

/** The first few; --json has them all. */
function someOf(names: readonly string[]): string {
  const rest = names.length - SHOWN_ROUTES;
  return rest > 0 ? `${names.slice(0, SHOWN_ROUTES).join(' ')} and ${rest} more` : names.join(' ');
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function wordOf(value: unknown, moments: Moments): string {
  const word = (part: unknown): string => wordOf(part, moments);
  if (typeof value === 'string' && TIME.test(value)) return moments.exact(value);
  if (Array.isArray(value)) return value.map(word).join(value.some(isRecord) ? '; ' : ' ');
  if (!isRecord(value)) return String(value);
  const isChange = Object.keys(value).every((key) => key === 'from' || key === 'to');
  const parts = Object.values(value).filter((part) => isChange || part !== null);
  return parts.map(word).join(isChange ? ' to ' : ' ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
