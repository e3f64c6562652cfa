/** `knox doctor`: what is not well around the vault, and how to mend it; with --accept-rollback, an older copy is taken as it is. */
import { resolve } from 'node:path';
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { CHECKS } from '../doctor/checks.ts';
import type { Checked } from '../doctor/checks.ts';
import { errors } from '../errors.ts';
import type { Target } from '../output/view.ts';
import { verifyAudit } from '../vault/verify-audit.ts';
import { refuseLiterals } from './literals.ts';

export const doctor: Handler = async (context, _args, options) => {
  if (options['acceptRollback'] === true) {
    refuseLiterals(context, {}, []);
    const { reason } = context.options;
    if (reason === undefined || reason.trim() === '')
      throw errors.usage('--accept-rollback needs a reason, which is recorded', 'add --reason TEXT');
    const vault = await context.vault('key');
    await vault.acceptRollback(reason);
    return { json: { accepted: true }, text: 'This machine takes the vault as it is from now on; the log says so.' };
  }
  const { file } = await context.place();
  const vault = await context.vault('look');
  const { report, lastEntryAt } = await vault.read(async (view) => ({
    report: await verifyAudit(view),
    lastEntryAt: view.head.at,
  }));
  const keyFile = context.options.keyFile ?? context.variable('KNOX_KEY_FILE');
  const patient = {
    vaultFile: file,
    keyFile: keyFile === null ? null : resolve(context.io.cwd, keyFile),
    stateFolder: context.stateFolder(),
    now: vault.now(),
    lastEntryAt,
    isTrusted: vault.isTrusted,
    isRolledBack: vault.isRolledBack,
    identity: vault.manifest.identity,
    report,
    nodeVersion: context.nodeVersion,
    environment: context.childEnvironment(),
  };
  const checked = CHECKS.flatMap((check) => check(patient) ?? []);
  return { json: checked, draw: (target) => page(checked, target), exit: checked.every(({ ok }) => ok) ? 0 : 1 };
};

function page(checked: readonly Checked[], { style }: Target): string {
  return checked
    .flatMap(({ ok, message, hint }) => {
      const sign = ok ? style.ok(style.symbols.done) : style.error(style.symbols.failed);
      return [
        `${sign} ${printable(message)}`,
        ...(hint === null ? [] : [`  ${style.symbols.arrow} ${style.command(printable(hint))}`]),
      ];
    })
    .join('\n');
}
