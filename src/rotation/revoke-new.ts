/** New values that nobody needs any more: revoked at their source when somebody says so, and else said to live on. */
import { isKnoxError } from '../errors.ts';
import { howToEnd, leftValues, leftValuesText } from './left-values.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { replacedPlaces, revokeFresh } from './replaced.ts';
import type { Work } from './types.ts';

/** Where a source can do it. What it revoked is recorded; what lives on is named. */
export async function revokeNew(work: Work): Promise<void> {
  const { rotation, vault, guide, answers } = work;
  const alive = await vault.read((view) => leftValues(view, rotation.parts));
  if (alive.length === 0) return;
  const to = rotation.secrets.map((secret) => secret.to).join(', ');
  const hasSource = rotation.source !== 'manual' && (await isRevocable(work));
  const question = `Also revoke ${to} at its source?`;
  const lines = [leftValuesText(to, alive, '{it} can be revoked there')];
  const isAsked =
    hasSource &&
    (answers.confirm.has('delete-old') || (await guide.vouch({ step: 'delete-old', question, lines })) === true);
  if (isAsked) {
    const revoked = await revokeFresh(work);
    if (revoked.length > 0) await recordRevoked(work, revoked);
  }
  const rest = await vault.read((view) => leftValues(view, rotation.parts));
  if (rest.length > 0)
    guide.warn('new_value_lives', leftValuesText(to, rest, isAsked ? 'revoke {it} there' : await howOf(work)));
}

async function isRevocable(work: Work): Promise<boolean> {
  // Whoever asks for it is told why it cannot be; else nothing of it is needed.
  if (work.answers.confirm.has('delete-old')) return true;
  try {
    return (await replacedPlaces(work)).some(({ kind, fresh }) => kind !== 'generate' && fresh !== null);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return false;
  }
}

/** For a rotation that was taken back and has ended. @returns false where no source can revoke what it had made */
export async function revokeNewAfterwards(work: Work): Promise<boolean> {
  const { rotation, vault } = work;
  if (rotation.state !== 'rolled-back' && rotation.state !== 'aborted') return false;
  if (rotation.source === 'manual') return false;
  if ((await vault.read((view) => leftValues(view, rotation.parts))).length === 0) return false;
  await revokeNew(work);
  return true;
}

/** A version that was not stored yet is forgotten with its rotation: then a source has to be told by hand. */
async function howOf({ rotation, vault }: Work): Promise<string> {
  const isPending = await vault.read(async (view) => {
    for (const { realm, secrets } of rotation.parts)
      for (const { to } of secrets) if ((await view.get('name', realm, to))?.state === 'pending') return true;
    return false;
  });
  if (rotation.source !== 'manual' && isPending) return 'revoke {it} there';
  return howToEnd(rotation.secrets[0]!.base, rotation.source);
}

async function recordRevoked({ rotation, guide }: Work, places: readonly string[]): Promise<void> {
  await rotation.change({ action: 'rotation-revoked-new', detail: { environments: places } }, async (change) => {
    for (const part of rotation.parts) {
      const own = places.filter((place) => place === part.realm || place === SHARED);
      const revokedNew = [...new Set([...(part.options.revokedNew ?? []), ...own])];
      if (own.length > 0) await change.update(part, { options: { ...part.options, revokedNew } });
    }
  });
  guide.note(`Revoked the new value at its source for ${places.join(', ')}`);
}
