/** A secret's own part of the page: its picture, its versions and each of its rotations. */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { exactText } from '../domain/duration.ts';
import { secondsBetween } from '../domain/time.ts';
import { markup } from './markup.ts';
import type { Markup } from './markup.ts';
import { anchorOf, chip, entryMark, exceptionsTable, moment, table, word } from './page-parts.ts';
import { timelinePicture } from './picture.ts';
import type { Evidence, RotationEvidence, SecretEvidence } from './types.ts';
import {
  changeText,
  daysText,
  incidentText,
  onTimeText,
  onTimeTone,
  policyText,
  proofTitle,
  proofTone,
  rotationText,
  rotationTone,
} from './words.ts';

export function secretSection(secret: SecretEvidence, evidence: Evidence): Markup {
  const id = anchorOf(secret);
  return markup`<section class="secret" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><code>${secret.base}</code> ${chip(onTimeText(secret), onTimeTone(secret))}</h2>
<p class="line">${line(secret)}</p>
${timelinePicture(secret, evidence)}
${versionsTable(secret, evidence)}
${overdueList(secret)}
${
  secret.incidents.length === 0
    ? null
    : markup`<h3>Incidents</h3>${table(
        `Incidents of ${secret.base}`,
        ['What', 'Reported (UTC)', 'By', 'Revoked (UTC)', 'From report to revocation', 'Entries'],
        secret.incidents.map((incident) => [
          incident.reason,
          moment(incident.startedAt),
          word(incident.startedBy),
          incident.revokedAt === null ? chip('not yet', 'bad') : moment(incident.revokedAt),
          incident.seconds === null ? incidentText(incident) : exactText(incident.seconds),
          entryMark(incident.entries.reported, incident.entries.revoked),
        ]),
      )}`
}
${secret.exceptions.length === 0 ? null : markup`<h3>Exceptions</h3>${exceptionsTable(`Exceptions of ${secret.base}`, secret.exceptions)}`}
${
  secret.policyChanges.length === 0
    ? null
    : markup`<h3>Changes of policy</h3>${table(
        `Changes of the policy of ${secret.base}`,
        ['What', 'When (UTC)', 'Who', 'Entry'],
        secret.policyChanges.map((change) => [
          changeText(change),
          moment(change.at),
          word(change.by),
          entryMark(change.entry),
        ]),
      )}`
}
${secret.rotations.length === 0 ? markup`<p class="dim">No rotation in this period.</p>` : secret.rotations.map((rotation) => rotationPart(secret, rotation))}
</section>`;
}

function line(secret: SecretEvidence): Markup {
  const owner = secret.owner === null ? 'no owner' : `owner ${secret.owner}`;
  const now = secret.state === 'live' ? `now ${secret.name}` : `${secret.name} ${secret.state}`;
  const due = secret.dueAt === null ? null : markup`; due ${secret.dueAt.slice(0, 10)}`;
  return markup`${owner}; ${policyText(secret)}; ${now}${due}`;
}

function versionsTable(secret: SecretEvidence, { to }: Evidence): Markup {
  const rows = secret.versions.map((version) => {
    const end = version.deletedAt ?? version.withdrawnAt;
    const until = end === null || end > to ? to : end;
    const age = daysText(Math.max(0, secondsBetween(version.createdAt, until)));
    return [
      markup`<code>${word(version.name)}</code>`,
      word(version.state),
      moment(version.createdAt),
      moment(end),
      version.interval === null ? age : `${age} of ${daysText(version.interval)}`,
      version.dueAt === null ? null : word(version.dueAt.slice(0, 10)),
      entryMark(version.entries.created, version.entries.withdrawn, version.entries.deleted),
    ];
  });
  return table(
    `Versions of ${secret.base}`,
    ['Version', 'State', 'Made (UTC)', 'Ended (UTC)', 'Age', 'Due', 'Entries'],
    rows,
  );
}

function overdueList({ overdue }: SecretEvidence): Markup | null {
  if (overdue.length === 0) return null;
  return markup`<ul class="overdue">${overdue.map(({ since, until }) =>
    until === null
      ? markup`<li>Overdue since ${moment(since)}</li>`
      : markup`<li>Overdue from ${moment(since)} to ${moment(until)}: ${exactText(secondsBetween(since, until))}</li>`,
  )}</ul>`;
}

function rotationPart(secret: SecretEvidence, rotation: RotationEvidence): Markup {
  const { proof, entries, steps } = rotation;
  const own = rotation.secrets.find(({ base }) => base === secret.base) ?? rotation;
  const others = rotation.secrets.filter(({ base }) => base !== secret.base).map(({ to }) => to);
  const fact = (name: string, value: Markup | string | null): Markup | null =>
    value === null ? null : markup`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const rows = steps.map(({ id, state, at, by, detail }, index) => [
    `${index + 1}. ${STEP_TEXTS[id].title}`,
    state === 'done' ? 'done' : chip(state === 'current' ? 'under way' : state, state === 'failed' ? 'bad' : 'plain'),
    moment(at),
    by === null ? null : word(by),
    detail,
    entryMark(entries.steps[id]),
  ]);
  return markup`<article class="rotation">
<h3><code>${own.from}</code> <span class="arrow">to</span> <code>${own.to}</code> ${chip(rotationText(rotation), rotationTone(rotation))}</h3>
<dl class="facts">
${fact('Begun', markup`${moment(rotation.startedAt)} by ${rotation.startedBy} ${entryMark(entries.started)}`)}
${fact('Due', rotation.dueAt === null ? null : markup`${moment(rotation.dueAt)}`)}
${fact('Old value', markup`${chip(proofTitle(proof), proofTone(proof))} ${proof === null ? null : markup`${proof.text}, ${moment(proof.at)} ${entryMark(proof.entry)}`}`)}
${fact('Ended', rotation.endedAt === null ? null : markup`${moment(rotation.endedAt)}, ${rotation.state}${rotation.endReason === null ? null : markup`: ${rotation.endReason}`} ${entryMark(entries.ended)}`)}
${fact('Next', rotation.endedAt === null ? rotation.next : null)}
${fact('Together with', others.length === 0 ? null : others.join(', '))}
${fact('Files', rotation.routes.length === 0 ? null : rotation.routes.map(({ path, environments }) => `${path} (${environments.join(', ')})`).join('; '))}
</dl>
${table(`The eleven steps of the rotation of ${own.from} to ${own.to}`, ['Step', 'State', 'When (UTC)', 'Who', 'Recorded', 'Entry'], rows)}
</article>`;
}
