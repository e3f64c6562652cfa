/**
 * Before the old value is revoked: files that still hold it, or get it by the name that is about to go, need a person's word. A plain word
 * is only told, since most are names of variables or documentation; but where the rotation rewrote nothing it is all that there is to go by.
 */
import { errors, forceHint } from '../errors.ts';
import { filesText, someFiles } from './fact-words.ts';
import { hasRoute, leftovers, leftoverText, warnOfRest } from './leftovers.ts';
import type { Leftover } from './leftovers.ts';
import type { Work } from './types.ts';

/** @throws still_referenced */
export async function refuseLeftovers(work: Work): Promise<void> {
  const { rotation, answers, guide } = work;
  const { base, from, to } = rotation.secrets[0]!;
  const found = await leftovers(work);
  const { files } = found;
  warnOfRest(work, found);
  const accepted = new Set(rotation.options.accepted);
  const isRouted = await hasRoute(work, rotation.production.length === 0 ? rotation.environments : rotation.production);
  // Whoever still uses a value that has leaked is cut off with it: nothing stands between the leak and its end.
  const isOpen = ({ kind }: Leftover): boolean => !rotation.isCompromised && (kind !== 'name' || !isRouted);
  for (const file of files.filter((known) => !isOpen(known))) guide.note(leftoverText(file, from));
  const open = files.filter((file) => isOpen(file) && !accepted.has(keyOf(file)));
  if (open.length === 0) return;
  const said = open.map((file) => leftoverText(file, from));
  if (!answers.guards.names('still_referenced')) {
    const question = `Revoke and delete ${from} anyway?`;
    const lines = [
      'Whatever reads these files stops working without the old value:',
      ...said.map((line) => `  ${line}`),
    ];
    if ((await guide.vouch({ step: 'delete-old', question, lines, needs: NEEDS })) === true) return accept(work, open);
  }
  answers.guards.refuse('still_referenced', () =>
    errors.still_referenced(
      said.join('; '),
      `Put {{secret:${to}}} into ${filesText(someFiles(open))} and register it (knox route add FILE -e ENV), or remove it; then: knox rotate ${base}`,
      forceHint('still_referenced'),
    ),
  );
}

const NEEDS = 'Check each file that the rotation does not rewrite, and confirm.';

/** The word for a file is kept: it is not asked for again while it stays as it is. */
async function accept({ rotation }: Work, open: readonly Leftover[]): Promise<void> {
  const files = open.map(({ path, line, kind }) => ({ path, line, kind }));
  // An auditor reads it among the guards that were overridden.
  const detail = { step: 'delete-old', files, forced: ['still_referenced'] };
  await rotation.change({ action: 'rotation-accepted', detail }, async (change) => {
    for (const part of rotation.parts) {
      const accepted = [...new Set([...(part.options.accepted ?? []), ...open.map(keyOf)])];
      await change.update(part, { options: { ...part.options, accepted } });
    }
  });
}

function keyOf({ path, kind }: Leftover): string {
  return `${kind} ${path}`;
}
