/**
 * A lineage as a picture over the period: a bar for each version, with the limit of the policy, the rotations and the incidents. Places are
 * in per cent, so that it fits a phone and a page of paper while its letters keep their size.
 */
import { counted } from '../domain/counted.ts';
import { markup } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import type { Evidence, SecretEvidence, VersionEvidence } from './types.ts';

/** Pixels: of a version's lane, and of the axis above the lanes. */
const LANE = 34;
const AXIS = 30;
const BAR = 10;

interface Scale {
  readonly from: number;
  readonly to: number;
}

export function timelinePicture(secret: SecretEvidence, { from, to }: Evidence): Markup {
  const scale = { from: Date.parse(from), to: Date.parse(to) };
  const height = AXIS + secret.versions.length * LANE + 6;
  const lanes = secret.versions.map((version, index) => lane(secret, version, AXIS + index * LANE, scale));
  return markup`<figure class="timeline">
<svg role="img" aria-label="${described(secret, from, to)}" width="100%" height="${height}">
${ticks(scale).map(
  ({
    at,
    label,
  }) => markup`<line class="tick" x1="${place(at, scale)}" x2="${place(at, scale)}" y1="${AXIS - 12}" y2="${height}"/>
<text class="axis" x="${place(at, scale)}" y="12" dx="2">${label}</text>`,
)}
${secret.incidents.map((incident) => incidentMark(incident.startedAt, incident.revokedAt ?? to, height, scale))}
${lanes}
</svg>
<figcaption>${legend(secret)}</figcaption>
</figure>`;
}

function lane(secret: SecretEvidence, version: VersionEvidence, top: number, scale: Scale): Markup {
  const end = version.deletedAt ?? version.withdrawnAt ?? null;
  const [begin, until] = [Date.parse(version.createdAt), end === null ? scale.to : Date.parse(end)];
  const y = top + 16;
  const isRight = share(begin, scale) > 60;
  const late = secret.overdue
    .filter(({ since }) => version.dueAt !== null && Date.parse(since) < until && Date.parse(since) >= begin)
    .map(({ since, until: over }) =>
      bar('late', Date.parse(since), Math.min(until, over === null ? scale.to : Date.parse(over)), y, scale),
    );
  const moved = secret.rotations
    .filter(({ secrets }) => secrets.some(({ to }) => to === version.name))
    .map(({ steps, state }) => {
      const isBack = state === 'rolled-back' || state === 'aborted';
      return dot(isBack ? 'back' : 'moved', steps.find(({ id }) => id === 'update-production')?.at ?? null, y, scale);
    });
  const revoked = secret.rotations
    .filter(({ secrets }) => secrets.some(({ from }) => from === version.name))
    .map(({ rotatedAt }) => diamond(rotatedAt, y, scale));
  const due =
    version.dueAt === null || !isInside(Date.parse(version.dueAt), scale)
      ? null
      : dueMark(until, Date.parse(version.dueAt), y, scale);
  const anchor = isRight ? Math.min(until, scale.to) : begin;
  return markup`<text class="name" x="${place(anchor, scale)}" y="${top + 11}" text-anchor="${isRight ? 'end' : 'start'}">${version.name}${version.state === 'live' ? '' : ` (${version.state})`}</text>
${bar(version.state === 'live' ? 'live' : version.state === 'withdrawn' ? 'withdrawn' : 'gone', begin, until, y, scale)}${late}${due}${moved}${revoked}`;
}

function bar(kind: string, begin: number, until: number, y: number, scale: Scale): Markup {
  const [left, right] = [share(begin, scale), share(until, scale)];
  return markup`<rect class="bar ${kind}" x="${cent(left)}" y="${y}" width="${cent(Math.max(right - left, 0.4))}" height="${BAR}" rx="2"/>`;
}

/** The limit, and the time that was left until it. */
function dueMark(end: number, at: number, y: number, scale: Scale): Markup {
  const x = place(at, scale);
  const middle = y + BAR / 2;
  const left =
    at <= end
      ? null
      : markup`<line class="allowed" x1="${place(end, scale)}" x2="${x}" y1="${middle}" y2="${middle}"/>`;
  return markup`${left}<line class="due" x1="${x}" x2="${x}" y1="${y - 3}" y2="${y + BAR + 3}"/>`;
}

function dot(kind: string, at: string | null, y: number, scale: Scale): Part {
  if (at === null || !isInside(Date.parse(at), scale)) return null;
  return markup`<circle class="mark ${kind}" cx="${place(Date.parse(at), scale)}" cy="${y + BAR / 2}" r="5"/>`;
}

function diamond(at: string | null, y: number, scale: Scale): Part {
  if (at === null || !isInside(Date.parse(at), scale)) return null;
  return markup`<svg class="over" x="${place(Date.parse(at), scale)}" y="${y + BAR / 2}"><path class="mark dead" d="M0-6 6 0 0 6-6 0Z"/></svg>`;
}

function incidentMark(reported: string, revoked: string, height: number, scale: Scale): Part {
  const [begin, end] = [Date.parse(reported), Date.parse(revoked)];
  if (end < scale.from || begin > scale.to) return null;
  const [left, right] = [share(begin, scale), share(end, scale)];
  const band = markup`<rect class="incident" x="${cent(left)}" y="${AXIS - 6}" width="${cent(Math.max(right - left, 0.3))}" height="${height - AXIS + 6}"/>`;
  if (!isInside(begin, scale)) return band;
  return markup`${band}<svg class="over" x="${cent(left)}" y="${AXIS - 6}"><path class="alarm" d="M0 7-6-4H6Z"/></svg>`;
}

/** At most twelve, at the beginnings of months, quarters or years. */
function ticks({ from, to }: Scale): { at: number; label: string }[] {
  const months = Math.ceil((to - from) / (30.4 * 86_400_000));
  const every = [1, 3, 6, 12, 24, 60, 120].find((step) => months / step <= 13) ?? 240;
  const begin = new Date(from);
  const found: { at: number; label: string }[] = [];
  for (let month = 0; month <= months + 1; month += 1) {
    const day = new Date(Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + month, 1));
    const number = day.getUTCFullYear() * 12 + day.getUTCMonth();
    if (day.getTime() < from || day.getTime() > to || number % every !== 0) continue;
    found.push({
      at: day.getTime(),
      label: day.getUTCMonth() === 0 ? String(day.getUTCFullYear()) : MONTHS[day.getUTCMonth()]!,
    });
  }
  return found;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function legend(secret: SecretEvidence): Part {
  const key = (kind: string, text: string): Markup => markup`<span class="key"><i class="${kind}"></i>${text}</span> `;
  const has = (state: string): boolean => secret.versions.some((version) => version.state === state);
  return [
    key('live', 'live'),
    has('deleted') ? key('gone', 'until it was deleted') : null,
    has('withdrawn') ? key('withdrawn', 'withdrawn') : null,
    secret.overdue.length > 0 ? key('late', 'older than the policy allows') : null,
    secret.every === null ? null : key('due', "the policy's limit"),
    secret.rotations.some(({ steps }) => steps.some(({ id, at }) => id === 'update-production' && at !== null))
      ? key('moved', 'production moved to it')
      : null,
    secret.rotations.some(({ rotatedAt }) => rotatedAt !== null) ? key('dead', 'revoked') : null,
    secret.incidents.length > 0 ? key('alarm', 'incident, to its revocation') : null,
  ];
}

/** The picture in a sentence: what it shows stands in the tables below it as well. */
function described({ base, versions, rotations, incidents }: SecretEvidence, from: string, to: string): string {
  const bars = versions.map(({ name, createdAt, deletedAt, withdrawnAt }) => {
    const end = deletedAt ?? withdrawnAt;
    return `${name} from ${createdAt.slice(0, 10)}${end === null ? '' : ` to ${end.slice(0, 10)}`}`;
  });
  return `Timeline of ${base} from ${from.slice(0, 10)} to ${to.slice(0, 10)}: ${bars.join(', ')}; ${counted(rotations.length, 'rotation')}, ${counted(incidents.length, 'incident')}.`;
}

function isInside(at: number, { from, to }: Scale): boolean {
  return at >= from && at <= to;
}

/** In per cent of the width, held inside of it. */
function share(at: number, { from, to }: Scale): number {
  return to === from ? 0 : Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));
}

function place(at: number, scale: Scale): string {
  return cent(share(at, scale));
}

function cent(value: number): string {
  return `${Number(value.toFixed(2))}%`;
}
