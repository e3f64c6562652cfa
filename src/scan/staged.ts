/** What the next commit would hold: the contents of the index that differ from the last commit. */
import { searchBlobs } from './blobs.ts';
import type { BlobSearch, Wanted } from './blobs.ts';
import { refusalOf } from './git.ts';
import type { Git, GitEnd } from './git.ts';

const GITLINK = '160000';
const NOTHING = /^0+$/;

/** @param paths to which it is limited; none for all */
export async function searchStaged(paths: readonly string[], search: Omit<BlobSearch, 'found'>): Promise<void> {
  const { leaks } = search;
  const found: BlobSearch['found'] = ({ path }, hits, isCut) =>
    leaks.add(hits, { file: path.toString(), commit: null, authoredAt: null }, isCut);
  await searchBlobs(staged(paths, search), { ...search, found });
}

/** Before the first commit it is a tree with nothing in it. */
async function lastCommit(git: Git): Promise<string> {
  const head = await git.ask(['rev-parse', '--verify', '--quiet', 'HEAD']);
  return (head.status === 0 ? head : await git.ask(['hash-object', '-t', 'tree', '--stdin'])).text.trim();
}

async function* staged(paths: readonly string[], { git, leaks }: Omit<BlobSearch, 'found'>): AsyncGenerator<Wanted> {
  const refuse = (end: GitEnd): void => {
    const { reason, cure } = refusalOf(end);
    leaks.unread(`the staged changes were not searched: ${reason}`, cure);
  };
  const asked = await git.ask(['rev-parse', '--git-dir']);
  if (asked.status !== 0) {
    refuse(asked);
    return;
  }
  const options = ['--raw', '-z', '--no-abbrev', '--no-renames', '--diff-filter=ACMRT', '--no-relative'];
  const run = git.start([
    '--literal-pathspecs',
    'diff-index',
    '--cached',
    ...options,
    '--no-ext-diff',
    '--ignore-submodules=none',
    await lastCommit(git),
    '--',
    ...paths,
  ]);
  run.child.stdin.end();
  let id: string | null = null;
  for await (const record of run.records(0)) {
    if (record[0] === 0x3a && id === null) {
      const [, mode, , to] = record.toString('latin1').split(' ') as [string, string, string, string];
      // An empty one was only announced (`git add -N`).
      id = mode === GITLINK || NOTHING.test(to) ? '' : to;
    } else {
      if (id !== null && id !== '') yield { id, path: record };
      id = null;
    }
  }
  const end = await run.end;
  if (end.status !== 0) refuse(end);
}
