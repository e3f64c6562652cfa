/** `knox report uses`: what --use-log wrote down elsewhere counts as if it had been recorded here, at the time at which it was. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { LOG_LIMIT } from '../../domain/limits.ts';
import { printable } from '../../domain/printable.ts';
import { errors } from '../../errors.ts';
import { collectUses } from '../../vault/uses/collected-uses.ts';
import type { Collected, PlacedLine, Refused } from '../../vault/uses/collected-uses.ts';
import { readUseLine } from '../../vault/uses/use-log.ts';
import type { ReportUses } from './declared.ts';

/** Of a list, so that the rest can still be read. */
const MOST_NAMED = 20;

export const reportUses: Run<ReportUses> = async (context, { files }) => {
  const lines: PlacedLine[] = [];
  for (const file of files) lines.push(...(await linesOf(context, file)));
  const vault = await context.vault('key');
  vault.requireTrust();
  const found = await vault.change((change) => collectUses(change, lines));
  for (const [name, count] of found.deleted)
    context.say(`note: ${name} was deleted since; ${usesText(count)} of it ignored`);
  for (const { file, line, reason } of found.refused.slice(0, MOST_NAMED))
    context.warn('not_believed', `${printable(file)}:${line} ${printable(reason)}`);
  if (found.refused.length > MOST_NAMED)
    context.warn('not_believed', `and ${found.refused.length - MOST_NAMED} more lines`);
  return {
    json: jsonOf(found),
    text: textOf(found),
    ...(found.refused.length === 0 ? {} : { error: incomplete(found.refused) }),
  };
};

async function linesOf(context: Context, file: string): Promise<PlacedLine[]> {
  const text = (await context.readFile(file, LOG_LIMIT)).toString('utf8');
  return text
    .split('\n')
    .map((line, index) => ({ file, line: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '')
    .map(({ text: line, ...place }) => ({ ...place, use: readUseLine(line) }));
}

function jsonOf({ taken, known, deleted, refused }: Collected) {
  return { taken, known, deleted: [...deleted].map(([secret, count]) => ({ secret, count })), refused };
}

function textOf({ taken, known }: Collected): string {
  const before = known === 0 ? '' : `; ${usesText(known)} already known`;
  return `Recorded ${usesText(taken)}${before}.`;
}

function usesText(count: number): string {
  return `${count} ${count === 1 ? 'use' : 'uses'}`;
}

function incomplete(refused: readonly Refused[]) {
  const what = refused.length === 1 ? '1 line was rejected' : `${refused.length} lines were rejected`;
  return errors.incomplete(what, 'whoever holds the file can add to it: ask where these lines come from');
}
