/** `knox rotate --due` and `--exposed`: one rotation for each such secret. It asks nothing, and goes on past one that fails. */
import type { Context } from '../context.ts';
import type { OptionValues } from '../declarations/command-spec.ts';
import { errors, isKnoxError } from '../errors.ts';
import { scheduleFindings } from '../findings/schedule-findings.ts';
import { errorLines } from '../output/error-text.ts';
import type { View } from '../output/view.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { lineageOf } from '../rotation/find-rotation.ts';
import { lockLineages } from '../rotation/machine.ts';
import type { StoredRow } from '../store/tables.ts';
import { listSecrets } from '../vault/describe-secret.ts';
import { servedNames } from '../vault/served.ts';
import type { View as VaultView } from '../vault/view.ts';
import { goOn, parseTiming } from './rotation-run.ts';
import { peopleNeeded, rotationLine, rotationsTable } from './rotation-views.ts';

export async function rotateMany(context: Context, args: readonly string[], options: OptionValues): Promise<View> {
  if (args.length > 0) throw errors.usage('--due and --exposed choose the secrets themselves', 'leave the names out');
  const timing = parseTiming(context, options);
  const vault = await context.vault('key');
  vault.requireTrust();
  const lineages = await vault.look((view) => chosen(view, options['exposed'] === true));
  const views: RotationView[] = [];
  let failures = 0;
  for (const lineage of lineages) {
    try {
      const release = await lockLineages(vault, [lineage]);
      try {
        const { json, error } = await goOn(context, vault, [lineage], options, timing, false);
        views.push(json as RotationView);
        context.say(rotationLine(json as RotationView));
        if (!isKnoxError(error) || error.code === 'needs_terminal') continue;
        failures += 1;
        context.io.stderr.write(errorLines(error, context.isJson));
      } finally {
        await release();
      }
    } catch (error) {
      if (!isKnoxError(error)) throw error;
      failures += 1;
      context.io.stderr.write(errorLines(error, context.isJson));
    }
  }
  if (lineages.length === 0) context.say(options['exposed'] === true ? 'No secret is exposed.' : 'No secret is due.');
  for (const line of peopleNeeded(views)) context.say(line);
  const table = rotationsTable(views, context.io.stdout.isTTY === true, vault.now());
  return { json: views, table, exit: failures > 0 ? 1 : 0 };
}

/** Lineages of the secrets that are due by now, or that a removed key could read; those under way are taken care of. */
async function chosen(view: VaultView, isExposed: boolean): Promise<StoredRow<'lineage'>[]> {
  const secrets = await listSecrets(view);
  const names = isExposed
    ? await exposedNames(view)
    : new Set(
        scheduleFindings(secrets, await servedNames(view), view.now).flatMap(({ code, secret }) =>
          code === 'overdue' && secret !== null ? [secret] : [],
        ),
      );
  const found = new Map<string, StoredRow<'lineage'>>();
  for (const { name, rotation } of secrets.filter((secret) => names.has(secret.name) && secret.state === 'live')) {
    if (rotation !== null) continue;
    const lineage = await lineageOf(view, name);
    found.set(lineage.id, lineage);
  }
  return [...found.values()];
}

async function exposedNames(view: VaultView): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { secret } of await view.find('exposure')) {
    const row = await view.get('secret', secret);
    if (row?.state === 'live') names.add(row.name);
  }
  return names;
}
