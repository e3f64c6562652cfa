/** Backups by the built program while other processes of it write, and what each copy holds. */
import { runBuilt } from './built-program.ts';
import type { Project } from './rotation-project.ts';

export interface CopyFound {
  readonly exit: number;
  readonly brokenAt: number | null;
  /** Of what was added last, as the copy's own log tells; and what `get` gives for it. */
  readonly newest: string;
  readonly value: string;
  readonly secrets: number;
}

/** The exit status of `vault_busy`. */
const BUSY = 6;

/**
 * @param writers how many processes write at the same time, each `rounds` times one after the other
 * @param copies how many are made, one after the other; the last when all is written
 */
export async function backUpWhileWriting(
  project: Project,
  { writers, rounds, copies }: { writers: number; rounds: number; copies: number },
): Promise<CopyFound[]> {
  const failed: string[] = [];
  const knox = async (argv: readonly string[], stdin = '') => {
    const { exit, stderr } = await runBuilt(argv, { cwd: project.folder, stdin });
    if (exit !== 0 && exit !== BUSY) failed.push(`${argv.join(' ')}: ${exit} ${stderr}`);
    return exit;
  };
  const write = async (writer: number) => {
    for (let round = 0; round < rounds; round += 1) {
      const name = `key_${writer}_${round}`;
      // On a machine with too much to do, one of eight does not get its turn in time, and says so.
      while ((await knox(['add', name, '-e', 'staging'], `the value of ${name}`)) === BUSY);
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const files = Array.from({ length: copies }, (_, index) => `copy-${index}.db`);
  for (const file of files.slice(0, -1)) await knox(['backup', file]);
  await writing;
  await knox(['backup', files.at(-1)!]);
  if (failed.length > 0) throw new Error(failed.join('\n'));
  const found: CopyFound[] = [];
  for (const file of files) found.push(await look(project, file));
  return found;
}

async function look(project: Project, file: string): Promise<CopyFound> {
  const at = ['--vault', file];
  const { exit, json } = await project.json<{ brokenAt: number | null }>(['audit', 'verify', ...at]);
  const added = (await project.json<{ secret: string }[]>(['audit', '--action', 'add', '--limit', '1', ...at])).json;
  const newest = added.at(-1)!.secret;
  const got = await project.knox(['get', newest, '-e', 'staging', ...at]);
  const secrets = (await project.json<object[]>(['list', ...at])).json.length;
  return { exit, brokenAt: json.brokenAt, newest, value: got.stdout.toString(), secrets };
}
