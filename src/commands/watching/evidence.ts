/** `knox evidence`: the report of a period for an auditor, on a terminal, as data, for a spreadsheet, or as a page. Needs no key. */
import { resolve } from 'node:path';
import type { Run } from '../../command-line/command.ts';
import { shortDuration } from '../../domain/duration.ts';
import { printable } from '../../domain/printable.ts';
import { cannotCombine } from '../../errors.ts';
import { collectEvidence } from '../../evidence/collect.ts';
import { periodOf } from '../../evidence/period.ts';
import type { Evidence, SecretEvidence } from '../../evidence/types.ts';
import {
  lastProof,
  onTimeText,
  onTimeTone,
  policyText,
  proofKinds,
  proofTone,
  rotatedOf,
} from '../../evidence/words.ts';
import { placeWithin } from '../../files/root-file.ts';
import { requireTarget, writeAtomically } from '../../files/write-file.ts';
import type { View } from '../../output/view.ts';
import type { Cell, TableContent } from '../../terminal/table.ts';
import type { EvidenceGiven } from './declared.ts';

/** As everything that knox writes: whoever wants to share it changes that. */
const MODE = 0o600;

export const evidence: Run<EvidenceGiven> = async (context, { since, until, html, csv }) => {
  if (context.isJson && (csv || html !== null)) throw cannotCombine('--json', csv ? '--csv' : '--html');
  const { file, root } = await context.place();
  const vault = await context.vault('look');
  const period = periodOf(since, until, vault.now());
  const target = html === null || html === '-' ? null : placeWithin([root], resolve(context.io.cwd, html));
  if (target !== null) requireTarget(target);
  const found = await vault.look((view) => collectEvidence(view, period, file));
  if (html !== null) return page(found, html, target);
  if (csv) {
    const { csvText } = await import('../../evidence/csv.ts');
    return { bytes: Buffer.from(csvText(found)) };
  }
  if (found.secrets.length === 0) context.say('No secret existed in this period.');
  const isTerminal = context.io.stdout.isTTY === true;
  if (isTerminal) context.say(closing(found));
  return { json: found, text: heading(found), table: isTerminal ? tableOf(found) : rowsOf(found) };
};

/** @param target absolute; null for stdout */
async function page(found: Evidence, given: string, target: string | null): Promise<View> {
  const { pageText } = await import('../../evidence/page.ts');
  const bytes = Buffer.from(pageText(found));
  if (target === null) return { bytes };
  writeAtomically(target, bytes, { mode: MODE });
  return { text: `Wrote ${printable(given)}` };
}

function heading({ from, to }: Evidence): string {
  return `From ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
}

function closing({ entries, head }: Evidence): string {
  return `KNOX_HEAD=${entries}:${head}\nWith every step and its proof: knox evidence --html FILE`;
}

/** The numbers of a secret, in the order of both tables. */
function countsOf(secret: SecretEvidence): number[] {
  const rotated = rotatedOf(secret);
  return [
    rotated.length,
    rotated.filter(({ onTime }) => onTime === false).length,
    secret.exceptions.length,
    secret.incidents.length,
  ];
}

function rowsOf({ secrets }: Evidence): TableContent {
  return {
    head: [],
    rows: secrets.map((secret) => [
      secret.name,
      secret.owner ?? '',
      policyText(secret),
      secret.state,
      onTimeText(secret),
      secret.dueAt ?? '',
      ...countsOf(secret).map(String),
      proofKinds(lastProof(secret)),
    ]),
  };
}

/** In few words, so that names keep their place at 80 columns. */
function tableOf({ secrets }: Evidence): TableContent {
  return {
    head: ['Secret', 'Owner', 'Every', 'Kept', 'Rotated', 'Proof', 'Forced', 'Leaks'],
    align: ['left', 'left', 'left', 'left', 'left', 'left', 'right', 'right'],
    prose: [1, 3, 4],
    least: [1],
    rows: secrets.map((secret) => {
      const proof = lastProof(secret);
      const [count, late, forced, incidents] = countsOf(secret) as [number, number, number, number];
      return [
        { text: secret.name, tone: secret.state === 'live' ? 'name' : 'dim' },
        secret.owner ?? '',
        secret.every === null ? '' : shortDuration(secret.every),
        secret.onTime === null ? '' : { text: onTimeText(secret), tone: TONE[onTimeTone(secret)] },
        late === 0 ? String(count) : { text: `${count}, ${late} late`, tone: 'error' },
        { text: proof?.kind ?? '', tone: proof === null ? 'dim' : TONE[proofTone(proof)] },
        marked(forced),
        marked(incidents),
      ];
    }),
  };
}

const TONE = { ok: 'ok', warn: 'warn', bad: 'error', plain: 'dim' } as const;

function marked(count: number): Cell {
  return count === 0 ? '0' : { text: String(count), tone: 'warn' };
}
