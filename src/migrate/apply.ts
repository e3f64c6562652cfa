/**
 * Carrying a plan out: the values under their new names and what the routes hold in one change of the vault, the files last. Where a file
 * can not be written, or the vault does not take the change, every file is put back as it was.
 */
import type { Guards } from '../domain/guards.ts';
import { dueAt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { errors } from '../errors.ts';
import { replaceRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import type { StoredRow } from '../store/tables.ts';
import { addValue } from '../vault/add-value.ts';
import type { Change } from '../vault/change.ts';
import { SHARED } from '../vault/manifest.ts';
import type { Vault } from '../vault/vault.ts';
import type { Candidate, Read } from './facts.ts';
import type { Planned } from './plan.ts';
import { propose, valueOf } from './propose.ts';
import type { Proposal, Step } from './propose.ts';

/** @throws file_changed, vault_busy where the vault is another by now, io, and what `requireMovable` throws; then all is as it was */
export async function carryOut(
  vault: Vault,
  place: { readonly root: string; readonly project: string },
  shown: Proposal,
  guards: Guards,
  step: Step,
): Promise<void> {
  const written: Written[] = [];
  try {
    await vault.change(async (change) => {
      await change.requireIntactWhereGiven();
      const now = await propose(change, place.root, place.project);
      if (outline(now) !== outline(shown))
        throw errors.vault_busy(
          'the vault or a route was changed meanwhile',
          'run it again, and look at the plan anew',
        );
      for (const one of now.planned) await move(change, one, now.read, guards, step);
      for (const row of now.rows) await change.put('registration', row);
      const files = now.texts.map(({ path }) => path);
      change.log({ action: 'migrate', detail: { planned: now.planned, files, ...guards.record() } });
      for (const { file, after } of now.texts) {
        if (file === null) continue;
        replaceRootFile(file, after);
        written.push({ file, after });
      }
    });
  } catch (error) {
    putBack(written, error);
    throw error;
  }
}

/** What a person said yes to: also a file's bytes. */
function outline({ planned, texts, rows }: Proposal): string {
  const files = texts.map(({ path, after, file }) => [
    path,
    Buffer.from(after).toString('base64'),
    file?.bytes.toString('base64'),
  ]);
  return JSON.stringify([planned, files, rows]);
}

async function move(change: Change, { to, from }: Planned, read: Read, guards: Guards, step: Step): Promise<void> {
  const members = from.map(({ name, environment }) => ({ ...read.candidates.get(name)!, environment }));
  const notes = new Set(members.flatMap(({ secret }) => secret.note ?? []));
  const expiries = members.flatMap(({ secret }) => secret.expires_at ?? []);
  const { kind, every, owner, expect_unused: expectUnused } = members[0]!.secret;
  let made: StoredRow<'secret'> | null = null;
  for (const { secret, environment, ...member } of members) {
    await step(`Moving ${secret.name}`);
    const value = await change.decrypt(secret, await valueOf(change, secret, environment));
    const note = notes.size === 0 ? null : [...notes].join('; ');
    const expiresAt = expiries.toSorted()[0] ?? null;
    const given = { name: to, environment, value, kind, every, expiresAt, note, owner, base: null, guards };
    const added = await addValue(change, given);
    value.wipe();
    made = added.secret;
    await bringAlong(change, { secret, ...member }, environment, added.secret);
  }
  const { entry: _entry, tag: _tag, ...row } = made!;
  if (expectUnused !== row.expect_unused) await change.put('secret', { ...row, expect_unused: expectUnused });
  await keepDue(change, members, row.lineage);
}

/** Where new values come from, and that a removed key could read this one. */
async function bringAlong(
  change: Change,
  { secret, lineage }: Candidate,
  environment: string,
  added: StoredRow<'secret'>,
): Promise<void> {
  const place = secret.scope === SHARED ? SHARED : environment;
  const source = await change.findOne('source', { lineage: lineage.id, environment: place });
  if (source !== null) {
    const { kind, options, overlap } = source;
    const id = change.newId();
    await change.put('source', {
      id,
      lineage: added.lineage,
      environment,
      kind,
      options,
      overlap,
      created_at: change.at,
    });
  }
  for (const { slot, label, at } of await change.find('exposure', { secret: secret.id }))
    await change.put('exposure', { id: change.newId(), secret: added.id, slot, label, at });
}

/** A value is no younger for its new name: the first date on which one of them was due stays. */
async function keepDue(change: Change, members: readonly Candidate[], lineage: string): Promise<void> {
  const dates = members.flatMap(
    ({ secret, lineage: old }) =>
      dueAt({
        kind: secret.kind as Kind,
        every: secret.every,
        createdAt: secret.created_at,
        dueAt: old.due_at,
      }) ?? [],
  );
  const [first] = dates.toSorted();
  const row = await change.get('lineage', lineage);
  if (first === undefined || row === null) return;
  const { entry: _entry, tag: _tag, ...kept } = row;
  await change.put('lineage', { ...kept, due_at: first });
}

interface Written {
  readonly file: RootFile;
  readonly after: Uint8Array;
}

/** @throws io where one could not be put back, naming it: it names a secret that is not there */
function putBack(written: readonly Written[], cause: unknown): void {
  const stuck: string[] = [];
  for (const { file, after } of written.toReversed()) {
    try {
      replaceRootFile({ ...file, bytes: Buffer.from(after) }, file.bytes);
    } catch {
      stuck.push(file.path);
    }
  }
  if (stuck.length === 0) return;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw errors.io(
    `the vault was not changed${why}; ${stuck.join(', ')} could not be put back and name secrets that are not there`,
    'put the old names back, or run the migration again',
  );
}
