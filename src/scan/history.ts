/** Every blob that a reference of the repository leads to, each searched once; then, for those with a value in them, which commit brought it. */
import { searchBlobs } from './blobs.ts';
import type { BlobSearch, Wanted } from './blobs.ts';
import { refusalOf } from './git.ts';
import type { Git } from './git.ts';
import type { Hit } from './scanner.ts';

const SPACE = 0x20;
/** With more of them the whole history is as fast. */
const MOST_PATHS = 64;

interface Met {
  readonly wanted: Wanted;
  readonly hits: readonly Hit[];
  readonly isCut: boolean;
}

interface Origin {
  readonly commit: string;
  readonly authoredAt: string;
  readonly path: string;
}

export async function searchHistory(search: Omit<BlobSearch, 'found'>): Promise<void> {
  const { git, leaks } = search;
  const asked = await git.ask(['rev-parse', '--is-shallow-repository']);
  if (asked.status !== 0) {
    const { reason, cure } = refusalOf(asked);
    leaks.unread(`the history was not searched: ${reason}`, cure);
    return;
  }
  if (asked.text.trim() === 'true')
    leaks.unread(
      'shallow clone: only part of the history is here',
      'git fetch --unshallow (in a workflow of GitHub: fetch-depth: 0)',
    );
  const met: Met[] = [];
  const found: BlobSearch['found'] = (wanted, hits, isCut) => void met.push({ wanted, hits, isCut });
  await searchBlobs(reachable(search), { ...search, found });
  if (met.length === 0) return;
  const origins = await originsOf(
    git,
    met.map(({ wanted }) => wanted),
  );
  for (const { wanted, hits, isCut } of met) {
    const origin = origins.get(wanted.id);
    const file = origin?.path ?? (wanted.path.length > 0 ? wanted.path.toString() : wanted.id);
    leaks.add(hits, { file, commit: origin?.commit ?? null, authoredAt: origin?.authoredAt ?? null }, isCut);
  }
}

/** Ids and paths of what is not a commit; of blobs alone where git can tell them apart. */
async function* reachable({ git, leaks }: Omit<BlobSearch, 'found'>): AsyncGenerator<Wanted> {
  for (const filter of [['--filter=object:type=blob'], []]) {
    // Without `--missing` git would fetch, or stop at the first object that is not here.
    const run = git.start(['rev-list', '--objects', '--all', '--missing=print', ...filter]);
    run.child.stdin.end();
    let missing = 0;
    for await (const record of run.records(0x0a)) {
      const space = record.indexOf(SPACE);
      if (record[0] === 0x3f) missing += 1;
      // A commit stands alone, a tag has its name, a file or folder its path.
      else if (space !== -1) yield { id: record.toString('latin1', 0, space), path: record.subarray(space + 1) };
    }
    const end = await run.end;
    if (missing > 0)
      leaks.unread(
        `${missing === 1 ? 'an object' : `${missing} objects`} of the history cannot be found: a partial clone, or a damaged one`,
        'git fetch --refetch --no-filter, or clone again without --filter',
      );
    if (end.status === 0) return;
    if (/invalid filter-spec/.test(end.said.join('\n'))) continue;
    const { reason, cure } = refusalOf(end);
    leaks.unread(`a part of the history was not searched: ${reason}`, cure ?? 'check it: git fsck');
    return;
  }
}

/** The oldest commit that brought each blob. */
async function originsOf(git: Git, wanted: readonly Wanted[]): Promise<Map<string, Origin>> {
  const ids = new Set(wanted.map(({ id }) => id));
  const paths = [...new Set(wanted.map(({ path }) => path.toString()))];
  if (paths.length <= MOST_PATHS && !paths.includes('')) {
    const origins = await originsUnder(git, ids, paths);
    // A path with a line end in it was cut, one that is not text was changed.
    if (origins.size === ids.size) return origins;
  }
  return originsUnder(git, ids, []);
}

/** In one pass over the history, or that of some paths, which are not arguments: a name may hold a value. */
async function originsUnder(git: Git, ids: ReadonlySet<string>, only: readonly string[]): Promise<Map<string, Origin>> {
  const origins = new Map<string, Origin>();
  const limit = only.length === 0 ? [] : ['--full-history', '--stdin'];
  const commits = git.start(['--literal-pathspecs', 'rev-list', '--all', ...limit]);
  commits.child.stdin.end(only.length === 0 ? '' : `--\n${only.join('\n')}\n`);
  const diff = ['--raw', '-r', '-c', '--root', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const run = git.start(['diff-tree', '--stdin', ...diff, '-z', '--format=commit %H %aI']);
  commits.child.stdout.pipe(run.child.stdin);
  let commit = '';
  let authoredAt = '';
  /** What the entry before was made into, where it is one of these; undefined where no entry came before. */
  let brought: string | null | undefined;
  for await (const record of run.records(0)) {
    // A path may look like anything: it is told by what comes before it.
    if (brought !== undefined) {
      if (brought !== null) origins.set(brought, { commit, authoredAt, path: record.toString() });
      brought = undefined;
      continue;
    }
    const text = record.toString().trimStart();
    const head = /^commit ([0-9a-f]+) (\S+)$/.exec(text);
    if (head !== null) [commit, authoredAt] = [head[1]!, new Date(head[2]!).toISOString()];
    else if (text.startsWith(':')) {
      // `:MODE MODE ID ID STATUS`, in a merge one more mode and id for each other parent: the last id is what it was made into.
      const made = text.split(' ').findLast((word) => /^[0-9a-f]{40,}$/.test(word));
      brought = made !== undefined && ids.has(made) ? made : null;
    }
  }
  await run.end;
  commits.child.kill();
  await commits.end;
  return origins;
}
