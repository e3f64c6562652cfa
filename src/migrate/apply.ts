/**
 * Carrying a plan out: the values under their new names and what the routes hold in one change of the vault, the files last. Where a file
 * cannot be written, or the vault does not take the change, every file is put back as it was.
 */
import type { Guards } from '../domain/guards.ts';
import { dueAt } from '../domain/kinds.ts';
import { errors } from '../errors.ts';
import { replaceRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import { addValue } from '../vault/secrets/add-value.ts';
import type { Change } from '../vault/core/change.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { Vault } from '../vault/opening/vault.ts';
import type { NameRecord } from '../vault/records/kinds.ts';
import { decryptNamed } from '../vault/secrets/find-secret.ts';
import { textOf, vouchFor, voucherOf } from '../vault/gate/vouch.ts';
import type { Candidate, Read } from './facts.ts';
import type { Planned } from './plan.ts';
import { propose } from './propose.ts';
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
      const now = await propose(change, place.root, place.project);
      if (outline(now) !== outline(shown))
        throw errors.vault_busy('the vault or a route was changed meanwhile', 'run it again and review the new plan');
      for (const one of now.planned) await move(change, one, now.read, guards, step);
      for (const route of now.routes) await putRoute(change, route);
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
function outline({ planned, texts, routes }: Proposal): string {
  const files = texts.map(({ path, after, file }) => [
    path,
    Buffer.from(after).toString('base64'),
    file?.bytes.toString('base64'),
  ]);
  return JSON.stringify([planned, files, routes]);
}

async function move(change: Change, { to, from }: Planned, read: Read, guards: Guards, step: Step): Promise<void> {
  const members = from.map(({ name, environment }) => ({ ...read.candidates.get(name)!, environment }));
  const records = members.flatMap((member) => member.records.slice(0, 1));
  const notes = new Set(records.flatMap(({ note }) => note ?? []));
  const expiries = records.flatMap(({ expiresAt }) => expiresAt ?? []);
  const [{ kind, every, owner, expectUnused }] = records as [NameRecord];
  const made: NameRecord[] = [];
  for (const { environment, ...member } of members) {
    await step(`Moving ${member.name}`);
    const value = await decryptNamed(change, member.name, environment);
    const note = notes.size === 0 ? null : [...notes].join('; ');
    const expiresAt = expiries.toSorted()[0] ?? null;
    const given = { name: to, environment, value, kind, every, expiresAt, note, owner, base: null, guards };
    const { record } = await addValue(change, given);
    value.wipe();
    await bringSource(change, member, record);
    made.push(await change.update(record, { expectUnused, exposed: exposedOf(member, environment) }));
  }
  await keepDue(change, members, made);
}

/** Where new values come from. A program of somebody else's stays unvouched for, and asks before it runs. */
async function bringSource(
  change: Change,
  { base, records }: Candidate,
  { realm, base: to }: NameRecord,
): Promise<void> {
  const isShared = records.some((record) => record.realm === realm && record.shared !== null);
  const source = await change.get('source', isShared ? SHARED : realm, base);
  if (source === null) return;
  const { kindOf: _kind, realm: _realm, entry: _entry, ...content } = source;
  const moved = { ...content, base: to, createdAt: change.at };
  const isOwn = voucherOf(change.manifest, source)?.id === change.slot.id;
  await change.put('source', realm, isOwn ? vouchFor(change, 'source', realm, moved) : moved);
}

/** That a removed key could read this value. */
function exposedOf({ records }: Candidate, environment: string): NameRecord['exposed'] {
  const own = records.filter(({ realm, shared }) => realm === environment || (realm === SHARED && shared === null));
  const found = new Map(own.flatMap(({ exposed }) => exposed.map((one) => [one.slot, one] as const)));
  return [...found.values()];
}

/** A route as it is to be. Where the text of a command or of an address changes that another key vouches for, it asks before it runs. */
async function putRoute(change: Change, { before, after }: Proposal['routes'][number]): Promise<void> {
  const { kindOf: _kind, realm, entry: _entry, ...content } = after;
  const isOwn = textOf(before) !== textOf(after) && voucherOf(change.manifest, before)?.id === change.slot.id;
  await change.put('route', realm, isOwn ? vouchFor(change, 'route', realm, content) : content);
}

/** A value is no younger for its new name: the first date on which one of them was due stays. */
async function keepDue(change: Change, members: readonly Candidate[], made: readonly NameRecord[]): Promise<void> {
  const dates = members.flatMap(({ records, lineages }) =>
    records.flatMap(({ realm, kind, every, createdAt }) => {
      const lineage = lineages.find((one) => one.realm === realm);
      return dueAt({ kind, every, createdAt, dueAt: lineage?.dueAt ?? null }) ?? [];
    }),
  );
  const [first] = dates.toSorted();
  if (first === undefined) return;
  for (const { realm, base } of made) {
    const lineage = await change.get('lineage', realm, base);
    if (lineage !== null) await change.update(lineage, { dueAt: first });
  }
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
