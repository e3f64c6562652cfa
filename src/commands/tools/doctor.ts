/** `knox doctor`: finds problems with the setup and says how to fix them; with --accept-rollback, an older copy is accepted. */
import { lstatSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { bad } from '../../doctor/check.ts';
import type { Checked, Opened } from '../../doctor/check.ts';
import { CHECKS } from '../../doctor/checks.ts';
import { accessHint } from '../../doctor/permissions.ts';
import { isKnoxError, needsReason } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import type { Target, View } from '../../output/view.ts';
import { acceptClock as goByClock, findAhead } from '../../vault/keeping/accept-clock.ts';
import { verifyAudit } from '../../vault/verifying/verify-audit.ts';
import type { AuditReport } from '../../vault/verifying/verify-audit.ts';
import type { Doctor } from './declared.ts';

export const doctor: Run<Doctor> = async (context, { acceptRollback, acceptClock }) => {
  if (acceptRollback || acceptClock) return accept(context, acceptRollback ? 'acceptRollback' : 'acceptClock');
  const place = await attempt(context.place());
  if (isKnoxError(place)) {
    if (place.code !== 'io') throw place;
    // Where not even the folder can be looked into, there is nothing else to say of it.
    return viewOf([closed(place, nearestKnox(context.io.cwd))], place);
  }
  const opened = await attempt(open(context, place.root, place.project));
  const failure = isKnoxError(opened) ? opened : null;
  if (failure?.code === 'vault_not_found') throw failure;
  const { keyFile } = context;
  const patient = {
    vaultFile: place.file,
    opened: isKnoxError(opened) ? null : opened,
    keyFile: keyFile === null || isPipe(resolve(context.io.cwd, keyFile)) ? null : resolve(context.io.cwd, keyFile),
    stateFolder: context.stateFolder(),
    now: context.io.now(),
    moments: context.moments(context.io.stdout),
    nodeVersion: context.nodeVersion,
    environment: context.childEnvironment(),
  };
  const checked: Checked[] = failure === null ? [] : [closed(failure, place.file)];
  for (const check of CHECKS) checked.push(...[await check(patient)].filter((one) => one !== null));
  return viewOf(checked, failure);
};

/** A pipe is nobody's to protect or to move. */
function isPipe(path: string): boolean {
  try {
    return !statSync(path).isFile();
  } catch {
    return false;
  }
}

async function accept(context: Context, what: 'acceptRollback' | 'acceptClock'): Promise<View> {
  const { reason } = context.options;
  if (reason === undefined || reason.trim() === '') {
    const flag = what === 'acceptClock' ? '--accept-clock' : '--accept-rollback';
    throw needsReason(flag);
  }
  if (what === 'acceptRollback') context.takeAsItIs();
  const vault = await context.vault('key');
  if (what === 'acceptRollback') {
    await vault.acceptRollback(reason);
    return { json: { accepted: true }, text: 'Accepted: this machine trusts the vault as it is now. The log says so.' };
  }
  const left = await goByClock(vault, reason);
  const rest =
    left.length === 0
      ? ''
      : `\nNot for ${left.join(', ')}: the key does not open them. Run it again with one that does.`;
  return { json: { accepted: true, left }, text: `The clock is used again; the log says so.${rest}` };
}

/** What it gives, or the failure that a person is to be told of. */
async function attempt<T>(work: Promise<T>): Promise<T | KnoxError> {
  try {
    return await work;
  } catch (error) {
    if (isKnoxError(error) && error.code !== 'bug' && error.code !== 'cancelled') return error;
    throw error;
  }
}

async function open(context: Context, root: string, project: string): Promise<Opened> {
  context.takeAsItIs();
  const vault = await context.vault('look');
  const { identity } = vault.manifest;
  const { lastEntryAt, ahead, paths } = await vault.read(async (view) => ({
    lastEntryAt: view.head.at,
    ahead: await attempt(findAhead(view)),
    paths: (await view.across('route')).flatMap((route) => (route.project === project ? [route.path] : [])),
  }));
  const damage = await attempt<readonly string[]>(vault.store.damage?.() ?? Promise.resolve([]));
  const report = await attempt<AuditReport>(vault.read((view) => verifyAudit(view)));
  return {
    lastEntryAt,
    ahead: isKnoxError(ahead) ? null : (ahead?.first ?? null),
    // A file that cannot be read to its end is damaged, whatever its log would say.
    report: isKnoxError(report) ? { ...NOTHING, identity } : report,
    damage: [damage, report].flatMap((found) =>
      isKnoxError(found) ? [found.message] : Array.isArray(found) ? found : [],
    ),
    isTrusted: vault.isTrusted,
    isRolledBack: vault.isRolledBack,
    identity,
    routeFolders: [...new Set(paths.filter((path) => !path.startsWith('@')).map((path) => dirname(join(root, path))))],
    heldLocks: await attempt(vault.store.heldLocks?.() ?? Promise.resolve(0)),
  };
}

const NOTHING = {
  entries: 0,
  head: '',
  brokenAt: null,
  reason: null,
  isDamaged: false,
  spoiled: [],
  verifiedRows: 0,
  unverifiedRows: 0,
};

/** That the vault could not be opened, with what to do about it. */
function closed(failure: KnoxError, path: string): Checked {
  const hint = failure.code === 'io' ? accessHint(path) : (failure.hints[0] ?? 'knox --help');
  return bad('vault', failure.message, hint);
}

/** The folder that a vault was looked for in. */
function nearestKnox(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (lstatSync(join(folder, '.knox'), { throwIfNoEntry: false }) !== undefined) return join(folder, '.knox');
    if (dirname(folder) === folder) return cwd;
  }
}

function viewOf(checked: readonly Checked[], failure: KnoxError | null): View {
  const exit = failure?.exit ?? (checked.every(({ ok }) => ok) ? 0 : 1);
  return { json: checked, draw: (target) => page(checked, target), exit };
}

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
