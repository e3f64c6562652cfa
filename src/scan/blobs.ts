/**
 * Objects of a git repository, streamed through the search by `git cat-file --batch`. Where there are many, two of them work side by side (a third
 * one would wait for the search), each on blocks of objects that git listed one after the other: these are stored as differences from each other, and fast to read in one
 * go. Which of the two looks at an object is chance; what is found is listed in the order in which the objects were listed.
 */
import { BatchReader } from './batch-reader.ts';
import { Blocks } from './blocks.ts';
import type { Listed } from './blocks.ts';
import type { Git, GitRun } from './git.ts';
import type { Leaks } from './leaks.ts';
import type { Hit, Scanner } from './scanner.ts';

/** An object to look at, and where it is known to stand. */
export interface Wanted {
  readonly id: string;
  readonly path: Buffer;
}

/** A damaged object ends git; after so many it is not begun again. */
const MOST_RESTARTS = 50;

export interface BlobSearch {
  readonly git: Git;
  readonly scanner: Scanner;
  readonly leaks: Leaks;
  readonly step: () => Promise<void>;
  readonly found: (wanted: Wanted, hits: readonly Hit[], isCut: boolean) => void;
}

/** Something to tell of an object. */
interface Told {
  readonly order: number;
  readonly tell: () => void;
}

/** Searches those of the objects that are blobs. */
export async function searchBlobs(wanted: AsyncIterable<Wanted>, search: BlobSearch): Promise<void> {
  const blocks = new Blocks(wanted);
  const told: Told[] = [];
  const shared: Shared = { search, blocks, told, restarts: 0, isGivenUp: false, hasEnded: false, runs: new Set() };
  try {
    await endTogether([searchLane(shared).finally(() => blocks.close()), searchSecondLane(shared)], shared);
  } finally {
    // Where the search was ended, whoever lists the objects ends too.
    await blocks.close();
  }
  for (const { tell } of told.toSorted((left, right) => left.order - right.order)) tell();
  if (shared.isGivenUp) search.leaks.unread('git could not read the objects of this repository', 'check it: git fsck');
}

/** Not begun for a handful of objects. */
async function searchSecondLane(shared: Shared): Promise<void> {
  if (await shared.blocks.hasMany) await searchLane(shared);
}

interface Shared {
  readonly search: BlobSearch;
  readonly blocks: Blocks<Wanted>;
  readonly told: Told[];
  restarts: number;
  isGivenUp: boolean;
  hasEnded: boolean;
  readonly runs: Set<GitRun>;
}

/** Where one of them fails the others end as well. @throws the first failure */
async function endTogether(lanes: readonly Promise<void>[], shared: Shared): Promise<void> {
  try {
    await Promise.all(lanes);
  } catch (error) {
    shared.hasEnded = true;
    for (const { child } of shared.runs) child.kill();
    await shared.blocks.close();
    await Promise.allSettled(lanes);
    throw error;
  }
}

/** One git after the other, for as long as there are objects. */
async function searchLane(shared: Shared): Promise<void> {
  const scanner = shared.search.scanner.another();
  const waiting: Listed<Wanted>[] = [];
  while (!(await searchSome(shared, scanner, waiting))) {
    if (shared.hasEnded) return;
    const damaged = waiting.shift();
    if (damaged === undefined || shared.restarts >= MOST_RESTARTS) {
      shared.isGivenUp = true;
      return;
    }
    shared.restarts += 1;
    tellMissing(shared, damaged);
  }
}

function tellMissing({ told, search: { leaks } }: Shared, { order, one: { id } }: Listed<Wanted>): void {
  const tell = () => leaks.unread(`object ${id} of this repository is missing or damaged`, 'check it: git fsck');
  told.push({ order, tell });
}

/** @param waiting asked for and not answered; kept for the next start @returns whether all was answered */
async function searchSome(shared: Shared, scanner: Scanner, waiting: Listed<Wanted>[]): Promise<boolean> {
  const { search, blocks, told, runs } = shared;
  const run = search.git.start(['cat-file', '--batch', '--buffer']);
  runs.add(run);
  const { stdin } = run.child;
  const again = [...waiting];
  const feeding = (async () => {
    await send(run, again);
    while (!run.hasEnded) {
      const block = await blocks.next();
      if (block.length === 0) break;
      waiting.push(...block);
      await send(run, block);
    }
  })().finally(() => stdin.end());
  // Its failure is met below, where it is waited for.
  feeding.catch(() => undefined);
  const reader = new BatchReader((_id, size) => {
    if (size === null) tellMissing(shared, waiting[0]!);
    scanner.begin();
  });
  try {
    for await (const part of run.child.stdout) {
      for (const piece of reader.read(part as Buffer)) {
        if (piece.bytes !== null) scanner.push(piece.bytes);
        if (!piece.isLast) continue;
        const { order, one } = waiting.shift()!;
        const hits = scanner.end();
        const { isCut } = scanner;
        if (piece.isBlob) search.leaks.searched += 1;
        if (hits.length > 0) told.push({ order, tell: () => search.found(one, hits, isCut) });
      }
      await search.step();
    }
  } finally {
    run.child.kill();
    await run.end;
    await feeding;
    runs.delete(run);
  }
  return waiting.length === 0 && blocks.isOver;
}

async function send(run: GitRun, block: readonly Listed<Wanted>[]): Promise<void> {
  const { stdin } = run.child;
  if (block.length === 0 || run.hasEnded) return;
  if (stdin.write(block.map(({ one: { id } }) => `${id}\n`).join(''))) return;
  await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), run.end]);
}
