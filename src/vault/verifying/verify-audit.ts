/**
 * `audit verify`: the log from its first entry to the head, with everything that it says of itself: hashes, signatures, who may write what,
 * the realms' own chains, links and manifests; then every record against the tree that hangs from the head. Memory stays flat.
 */
import { CHAIN_START, entryHash } from '../../crypto/audit-chain.ts';
import { isKnoxError } from '../../errors.ts';
import type { EntryRow } from '../../store/store.ts';
import type { Spoiled } from '../core/spoiled.ts';
import type { View } from '../core/view.ts';
import { parseEntry } from '../log/audit-entry.ts';
import type { AuditEntry, RealmStep } from '../log/audit-entry.ts';
import { Broken } from './broken.ts';
import { follows, readLink, REKEY } from '../log/links.ts';
import type { LinkDetail } from '../log/links.ts';
import { verifyRecords } from './verify-records.ts';
import { isSignedByWriter, offence } from './writers.ts';

export interface AuditReport {
  /** Entries that are proved, counted from the first. */
  readonly entries: number;
  /** Hash (hex) of the last of them. */
  readonly head: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  /** Number of the audit entry that does not verify, or that a record contradicts; null where all is well. */
  readonly brokenAt: number | null;
  /** One sentence; null where all is well. */
  readonly reason: string | null;
  /** Whether something was changed, is missing or does not fit, so that nothing beyond it was looked at. */
  readonly isDamaged: boolean;
  /** What hangs in a tree rightly and is not what knox writes there, of realms whose key is at hand. */
  readonly spoiled: readonly Spoiled[];
  /** Records of realms whose key is at hand, and of the others: those were held against the tree, whose seal needs the key. */
  readonly verifiedRows: number;
  readonly unverifiedRows: number;
}

/** Told how far it is: entries and records done, of how many. */
export type OnProgress = (done: number, of: number) => Promise<void>;

const BATCH = 500;

/**
 * @param areValuesOpened whether values are decrypted as well: not for whoever will do so at once
 * @throws only what the store throws
 */
export async function verifyAudit(view: View, onProgress?: OnProgress, areValuesOpened = true): Promise<AuditReport> {
  const walk = new Walk(view);
  const rows = { verified: 0, unverified: 0, spoiled: [] as Spoiled[] };
  let broken: { at: number; reason: string } | null = null;
  try {
    const of = view.head.seq + (await view.rows.count());
    await walk.all((done) => onProgress?.(done, of) ?? Promise.resolve());
    const step = (done: number) => onProgress?.(view.head.seq + done, of) ?? Promise.resolve();
    await verifyRecords(view, rows, step, areValuesOpened);
  } catch (error) {
    broken = brokenBy(error, walk);
  }
  const found = broken ?? firstOf(rows.spoiled);
  return {
    entries: walk.entries,
    head: walk.hash,
    identity: view.manifest.identity,
    brokenAt: found?.at ?? null,
    reason: found?.reason ?? null,
    isDamaged: broken !== null,
    spoiled: rows.spoiled,
    verifiedRows: rows.verified,
    unverifiedRows: rows.unverified,
  };
}

/** All of it was looked at by then. */
function firstOf([first, ...others]: readonly Spoiled[]): { at: number; reason: string } | null {
  if (first === undefined) return null;
  const more = others.length === 0 ? '' : `, and ${others.length} more like it`;
  return { at: first.entry, reason: `${first.reason}${more}` };
}

/** Damage that shows in the middle of the walk is what it looks for; anything else is not its to judge. */
function brokenBy(error: unknown, walk: Walk): { at: number; reason: string } {
  if (error instanceof Broken) return { at: error.at, reason: error.message };
  const isDamage = isKnoxError(error) && (error.code === 'vault_damaged' || error.code === 'audit_broken');
  if (!isDamage) throw error;
  return { at: Math.max(walk.entries, 1), reason: error.message };
}

/** The log, from the bottom up. */
class Walk {
  entries = 0;
  /** Of the last entry, hex. */
  hash = CHAIN_START;
  readonly #view: View;
  #last: { readonly row: EntryRow; readonly slot: string; readonly at: string } | null = null;
  /** By the realms' ids: where each one's chain has come to. */
  readonly #realms = new Map<string, RealmStep>();
  readonly #manifest = { seq: 0, hash: '', generation: 0 };
  /** Entries that put a manifest. */
  readonly #puts = new Set<number>();
  #firstIdentity: string | null = null;
  #link: LinkDetail | null = null;
  #links = 0;

  constructor(view: View) {
    this.#view = view;
  }

  async all(onProgress: (done: number) => Promise<void>): Promise<void> {
    const { head } = this.#view;
    while (this.entries < head.seq) {
      const rows = await this.#view.entryRows(this.entries + 1, head.seq, BATCH);
      if (rows.length === 0) throw new Broken(this.entries + 1, `audit entry ${this.entries + 1} is missing`);
      for (const row of rows) this.#next(row);
      await onProgress(this.entries);
    }
    this.#endRun(null);
    await this.#nothingBeyond();
    this.#checkRealms();
    this.#checkManifest();
  }

  #next(row: EntryRow): void {
    const { head, manifest } = this.#view;
    const seq = this.entries + 1;
    if (row.seq !== seq) throw new Broken(seq, `audit entry ${seq} is missing`);
    if (entryHash(manifest.vault, seq, this.hash, row.body) !== row.hash)
      throw new Broken(seq, `audit entry ${seq} was changed, or the one before it`);
    if (seq === head.seq && row.hash !== head.hash)
      throw new Broken(seq, `audit entry ${seq} is not the one that the signed head names`);
    const entry = parseEntry(row);
    this.#endRun(entry);
    const wrong = offence(manifest, entry);
    if (wrong !== null) throw new Broken(seq, `audit entry ${seq} ${wrong}`);
    this.#follow(row, entry);
    this.#step(row, entry);
    this.#last = { row, slot: entry.slot, at: entry.at };
    this.entries = seq;
    this.hash = row.hash;
  }

  /** A signature stands at the end of each run of one slot, and nowhere else. @param next null after the last entry */
  #endRun(next: AuditEntry | null): void {
    if (this.#last === null) return;
    const { row, slot } = this.#last;
    if (next?.slot === slot) {
      if (row.signature !== null)
        throw new Broken(row.seq, `audit entry ${row.seq} has a signature that should not be there`);
      return;
    }
    if (!isSignedByWriter(this.#view.manifest, { slot }, row))
      throw new Broken(row.seq, `audit entry ${row.seq} is not signed by the key that it names`);
  }

  /** Each link must take over from the identity that the one before led to, and each manifest from the one before. */
  #follow(row: EntryRow, { seq, action, detail, generation, manifest: put }: AuditEntry): void {
    const { vault, links } = this.#view.manifest;
    const before = this.#manifest;
    if (put === null ? generation !== before.generation : generation <= before.generation)
      throw new Broken(seq, `audit entry ${seq} does not continue the generation before it`);
    if (put !== null) {
      Object.assign(before, { seq, hash: put, generation });
      this.#puts.add(seq);
    }
    if (seq === 1 && typeof detail?.['identity'] === 'string') this.#firstIdentity = detail['identity'];
    if (action !== REKEY && !links.includes(seq)) return;
    const link = readLink(vault, row);
    const isNext =
      link !== null &&
      put !== null &&
      links[this.#links] === seq &&
      (this.#link === null ? link.previous === this.#firstIdentity : follows(this.#link, link));
    if (!isNext) throw new Broken(seq, `audit entry ${seq} is not a link from the vault's earlier identity`);
    this.#link = link;
    this.#links += 1;
  }

  /** Each realm that an entry names goes on from the entry that named it before. */
  #step({ seq, hash }: EntryRow, entry: AuditEntry): void {
    const { realms, formerRealms } = this.#view.manifest;
    for (const id in entry.realms) {
      const step = entry.realms[id]!;
      const before = this.#realms.get(id);
      const goesOn =
        before === undefined
          ? step.seq === 0 && step.hash === CHAIN_START && entry.manifest !== null
          : step.seq === before.seq && step.hash === before.hash;
      if (!goesOn) throw new Broken(seq, `audit entry ${seq} does not continue the last one of an environment`);
      const former = formerRealms.find((known) => known.id === id);
      const isKnown = realms.some((known) => known.id === id) || (former !== undefined && seq <= former.removed);
      if (!isKnown) throw new Broken(seq, `audit entry ${seq} names an environment that the vault did not have`);
      this.#realms.set(id, { seq, hash, root: step.root });
    }
  }

  async #nothingBeyond(): Promise<void> {
    const { head } = this.#view;
    const beyond = [
      ...(await this.#view.entryRows(head.seq + 1, Number.MAX_SAFE_INTEGER, 1)),
      ...(await this.#view.entryRows(Number.MIN_SAFE_INTEGER, 0, 1)),
    ];
    if (beyond.length > 0) throw new Broken(beyond[0]!.seq, `audit entry ${beyond[0]!.seq} is outside the signed log`);
  }

  #checkRealms(): void {
    const { head, manifest } = this.#view;
    for (const { id, name } of manifest.realms) {
      const last = this.#realms.get(id);
      const part = head.realms[id]!;
      if (last?.seq !== part.seq || last.hash !== part.hash || last.root !== part.root)
        throw new Broken(part.seq, `the signed head does not end the log of ${name}`);
    }
  }

  #checkManifest(): void {
    const { head, manifest } = this.#view;
    const { seq, hash, generation } = this.#manifest;
    if (seq !== manifest.entry || hash !== head.manifest || generation !== manifest.generation)
      throw new Broken(Math.max(seq, 1), 'the manifest in force is not the one in the log');
    const isPut = (entry: number): boolean => this.#puts.has(entry);
    const { slots, formerSlots, formerRealms } = manifest;
    const isOdd =
      [...slots, ...formerSlots].some(({ added }) => added !== 0 && !isPut(added)) ||
      [...formerSlots, ...formerRealms].some(({ removed }) => !isPut(removed));
    if (isOdd) throw new Broken(seq, 'the manifest and the log disagree about a key or an environment');
    const identity = this.#link?.identity ?? this.#firstIdentity;
    if (this.#links !== manifest.links.length || identity !== manifest.identity)
      throw new Broken(head.seq, "the log's links do not lead to the vault's identity");
    if (this.#last?.slot !== head.slot)
      throw new Broken(head.seq, 'the head is not signed by the key that wrote the newest entry');
    if (this.#last.at !== head.at) throw new Broken(head.seq, 'the head does not have the time of the newest entry');
  }
}
