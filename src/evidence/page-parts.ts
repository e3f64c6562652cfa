/** The parts of the page that are about all secrets, and small things that every part uses. */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { markup } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import type { Evidence, Exception, SecretEvidence } from './types.ts';
import {
  daysText,
  exceptionText,
  lastProof,
  onTimeText,
  onTimeTone,
  policyText,
  proofKinds,
  rotatedOf,
} from './words.ts';
import type { Tone } from './words.ts';

/** `2026-01-10 12:00:00 UTC`, for people and programs; in a table the head of the column says the zone. */
export function moment(iso: string | null): Part {
  if (iso === null) return null;
  return markup`<time datetime="${iso}">${iso.slice(0, 10)} <span class="clock">${iso.slice(11, 19)}</span><span class="zone"> UTC</span></time>`;
}

/** The number of the audit entry that proves a fact. */
export function entryMark(...entries: readonly (number | null | undefined)[]): Part {
  const known = entries.filter((entry) => entry !== null && entry !== undefined);
  return known.map((entry, index) => markup`${index === 0 ? '' : ' '}<span class="entry">#${entry}</span>`);
}

/** A name that is not broken in the middle, unless it is long. */
export function word(text: string): Part {
  return text.length > 26 ? text : markup`<span class="word">${text}</span>`;
}

export function chip(text: string, tone: Tone): Markup {
  return markup`<span class="chip ${tone}">${text}</span>`;
}

/**
 * A table that becomes a list of cards on a phone: roles are said, since a browser forgets those of a table that is laid out as blocks.
 * @param rows the first cell of each is its heading
 */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  return markup`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${head.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (cells) => markup`<tr role="row">${cells.map((cell, index) =>
      index === 0
        ? markup`<th role="rowheader" scope="row">${cell}</th>`
        : markup`<td role="cell" data-label="${head[index]}"${isEmpty(cell) ? EMPTY : ''}><div>${cell}</div></td>`,
    )}</tr>
`,
  )}</tbody>
</table>`;
}

const EMPTY = markup` class="empty"`;

function isEmpty(cell: Part): boolean {
  return cell === null || cell === undefined || cell === '' || (Array.isArray(cell) && cell.every(isEmpty));
}

/** An id of the page for a secret: its base, which has no blanks. */
export function anchorOf({ base }: SecretEvidence): string {
  return `secret-${base}`;
}

export function figures({ secrets, exceptions }: Evidence): Markup {
  const count = (list: readonly unknown[]): number => list.length;
  const rotations = new Map(secrets.flatMap((secret) => secret.rotations).map((one) => [one.id, one]));
  const done = [...rotations.values()].filter(({ rotatedAt }) => rotatedAt !== null);
  const late = new Set(
    secrets.flatMap((secret) => secret.rotations.filter(({ onTime }) => onTime === false)).map(({ id }) => id),
  );
  const scheduled = secrets.filter(({ onTime }) => onTime !== null);
  const within = scheduled.filter(({ onTime }) => onTime === true);
  const forced = new Set(
    [...secrets.flatMap((secret) => secret.exceptions), ...exceptions].map(({ entries }) => entries[0]),
  );
  const incidents = new Set(
    secrets.flatMap((secret) => secret.incidents).map((one) => `${one.rotation} ${one.startedAt}`),
  );
  const figure = (name: string, value: string, more: string, tone: Tone): Markup =>
    markup`<div class="${tone}"><dt>${name}</dt><dd><strong>${value}</strong> ${more}</dd></div>`;
  return markup`<section aria-labelledby="sum"><h2 id="sum">In short</h2>
<dl class="figures">
${figure('Within policy', `${count(within)} of ${count(scheduled)}`, count(secrets) === count(scheduled) ? 'secrets' : `secrets; ${count(secrets) - count(scheduled)} without a schedule`, count(within) === count(scheduled) ? 'ok' : 'bad')}
${figure('Rotations', String(rotations.size), `${count(done)} finished, ${late.size} late`, late.size === 0 ? 'plain' : 'bad')}
${figure('Exceptions', String(forced.size), 'forced or skipped', forced.size === 0 ? 'plain' : 'warn')}
${figure('Incidents', String(incidents.size), 'reported', incidents.size === 0 ? 'plain' : 'warn')}
</dl></section>`;
}

export function overview({ secrets, to }: Evidence): Markup {
  if (secrets.length === 0) return markup`<p>No secret existed in this period.</p>`;
  const rows = secrets.map((secret) => [
    markup`<a href="#${anchorOf(secret)}">${word(secret.name)}</a>`,
    secret.owner ?? markup`<span class="dim">none</span>`,
    policyText(secret),
    secret.state === 'live' ? ageText(secret, to) : secret.state,
    chip(onTimeText(secret), onTimeTone(secret)),
    proofKinds(lastProof(secret)),
    rotatedOf(secret).length,
    secret.exceptions.length,
    secret.incidents.length,
  ]);
  const head = ['Secret', 'Owner', 'Policy', 'Age', 'Policy kept', 'Old value', 'Rotated', 'Exceptions', 'Incidents'];
  return markup`<section aria-labelledby="all"><h2 id="all">Secrets</h2>
<div class="overview">${table('Every secret that existed in the period', head, rows)}</div></section>`;
}

/** At the end of the period, with the policy's limit. */
function ageText({ createdAt, every }: SecretEvidence, to: string): string {
  const age = daysText(Math.max(0, (Date.parse(to) - Date.parse(createdAt)) / 1000));
  return every === null ? age : `${age} of ${daysText(every)}`;
}

export function exceptionsTable(caption: string, exceptions: readonly Exception[]): Markup {
  return table(
    caption,
    ['What', 'When (UTC)', 'Who', 'Reason', 'Entry'],
    exceptions.map((one) => [
      exceptionText(one),
      moment(one.at),
      word(one.by),
      one.reason ?? markup`<span class="dim">none given</span>`,
      entryMark(...one.entries),
    ]),
  );
}

export function vaultExceptions({ exceptions }: Evidence): Markup | null {
  if (exceptions.length === 0) return null;
  return markup`<section aria-labelledby="vault-wide"><h2 id="vault-wide">Vault-wide exceptions</h2>
${exceptionsTable('Exceptions that concern the whole vault', exceptions)}</section>`;
}

export function verifySection({ identity, entries, head, keys }: Evidence): Markup {
  return markup`<section id="verify" aria-labelledby="verify-title"><h2 id="verify-title">How to verify this report</h2>
<p>Each fact names the audit entry that proves it. The entries form a chain of hashes that ends in a signed head. Next to a copy of the vault, without a key:</p>
<pre><code>knox audit verify --identity ${identity}</code></pre>
<p>The identity is the one that was written down when the vault was made, not the one that the file claims. The last line of the output must be this one, or one with a higher number:</p>
<pre><code>KNOX_HEAD=${entries}:${head}</code></pre>
<p>With this line as an environment variable, every knox command refuses a vault whose log does not contain that entry:</p>
<pre><code>KNOX_HEAD=${entries}:${head} knox audit verify --identity ${identity}</code></pre>
<p>One entry in full, by its number (here the last one): <code>knox audit --json | jq '.[] | select(.seq == ${entries})'</code></p>
${keys.length === 0 ? null : markup`<h3>Who wrote these entries</h3><p>The key whose signature covers each entry. Account names are as reported by each machine.</p>${keysTable(keys)}`}</section>`;
}

function keysTable(keys: Evidence['keys']): Markup {
  return table(
    'Keys and the entries that each wrote',
    ['Key', 'Id', 'Entries'],
    keys.map(({ id, label, entries }) => [word(label), markup`<code>${id}</code>`, entryMark(...entries)]),
  );
}

export function readingGuide(): Markup {
  return markup`<section aria-labelledby="reading"><h2 id="reading">What the words mean</h2>
<dl class="terms">
<div><dt>On time</dt><dd>The old value was revoked and deleted before the policy's interval was over. Starting a rotation in time is not enough: until it is revoked, the old value still works. Changes of the policy count from their day.</dd></div>
<div><dt>Dead: refused by a probe</dt><dd>knox sent a request with the old value, and the service refused it with 401 or 403. Each environment's value has its own proof; the refusal of one counts for another only where the value is a shared one.</dd></div>
<div><dt>Revoked at its source</dt><dd>The system that made the old value was asked to revoke it and reported that it did; no request tested the value.</dd></div>
<div><dt>Confirmed by a person</dt><dd>Somebody confirmed having revoked it by hand; knox could not check it.</dd></div>
<div><dt>Unproven</dt><dd>knox had generated the value, and nothing could tell whether it still works.</dd></div>
<div><dt>Exception</dt><dd>A guard of knox that somebody overrode by name, or a step that somebody skipped. Both need a reason.</dd></div>
<div><dt>Incident</dt><dd>A value that was reported as leaked, from the report to the moment it was revoked.</dd></div>
<div><dt>Steps</dt><dd>${Object.values(STEP_TEXTS).length} in each rotation, always the same, in this order: ${Object.values(
    STEP_TEXTS,
  )
    .map(({ title }) => title.toLowerCase())
    .join(', ')}.</dd></div>
</dl></section>`;
}
