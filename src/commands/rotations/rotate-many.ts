/** `knox rotate --due` and `--exposed`: one rotation for each such secret. It asks nothing, and goes on past one that fails. */
import type { Context } from '../../context.ts';
import { scheduleFindings } from '../../findings/schedule-findings.ts';
import { errorLines } from '../../output/error-text.ts';
import type { View } from '../../output/view.ts';
import { startEach } from '../../rotation/run-many.ts';
import type { ListedSecret } from '../../vault/secrets/describe-secret.ts';
import { servedNames } from '../../vault/secrets/served.ts';
import type { View as VaultView } from '../../vault/core/view.ts';
import { orderOf } from './rotation-options.ts';
import { runnerOf } from './rotation-runner.ts';
import { manyView, rotationLine } from './rotation-views.ts';
import type { Rotate } from './declared.ts';

export async function rotateMany(context: Context, given: Rotate): Promise<View> {
  const order = orderOf(context, given);
  const isExposed = given.exposed;
  const runner = await runnerOf(context, false);
  const all = await startEach(runner, isExposed ? exposedNames : dueNames, order, (one) => {
    if (one.view !== null) context.say(rotationLine(one.view));
    if (one.kind === 'failed') context.io.stderr.write(errorLines(one.error, context.isJson));
  });
  if (all.length === 0) context.say(isExposed ? 'No secret is exposed.' : 'No secret is due.');
  return manyView(context, all, runner.vault.now());
}

async function dueNames(view: VaultView, secrets: readonly ListedSecret[]): Promise<Set<string>> {
  const findings = scheduleFindings(secrets, await servedNames(view), view.now);
  return new Set(findings.flatMap(({ code, secret }) => (code === 'overdue' && secret !== null ? [secret] : [])));
}

/** Those that a removed key could read. */
async function exposedNames(view: VaultView): Promise<Set<string>> {
  const names = new Set<string>();
  for (const realm of view.readableRealms())
    for (const { name, state, exposed } of await view.all('name', realm))
      if (state === 'live' && exposed.length > 0) names.add(name);
  return names;
}
