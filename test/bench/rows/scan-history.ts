import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from '../project.ts';
import type { Row } from '../row.ts';
import { madeUpText, makeSoughtVault, ripgrepVersion } from '../scan-project.ts';

const SECRETS = 1000;
const COMMITS = 10_000;
const FILES = 200;
const FILE_BYTES = 10_000;

const ripgrep = ripgrepVersion();

export const scanHistory: Row = {
  name: 'scan-history',
  work: `knox scan --history, ${SECRETS} secrets, ${COMMITS} commits`,
  against: `git log -p --all | rg -F -f with the same patterns but UTF-16 (${ripgrep ?? 'ripgrep'})`,
  target: 1,
  prepare: async (folder) => {
    if (ripgrep === null) return { missing: 'ripgrep' };
    if (spawnSync('git', ['--version']).error !== undefined) return { missing: 'git' };
    const value = makeSoughtVault(folder, SECRETS);
    const repository = join(folder, 'repository');
    mkdirSync(repository);
    const git = (argv: readonly string[], input: Buffer | string = ''): void => {
      const { status, stderr } = spawnSync('git', argv, { cwd: repository, input });
      if (status !== 0) throw new Error(`git ${argv.join(' ')} ended with ${status}: ${stderr.toString()}`);
    };
    git(['init', '-q', '-b', 'main']);
    git(['fast-import', '--quiet'], history(value));
    git(['gc', '-q']);
    const inRepository = (line: string) => ({ ...shell(folder, line), cwd: repository });
    return {
      work: inRepository('knox --vault ../.knox/vault.db --key-file ../key scan --history; [ $? -eq 3 ]'),
      against: inRepository('git log -p --all | rg --no-config -a -F -f ../patterns'),
    };
  },
};

/** One line of one file changes in each commit; in one commit to a value. */
function history(value: string): Buffer {
  const files = Array.from({ length: FILES }, (_, number) => madeUpText(number, FILE_BYTES).toString().split('\n'));
  const parts: string[] = [];
  for (let commit = 0; commit < COMMITS; commit += 1) {
    const number = commit % FILES;
    const lines = files[number]!;
    lines[(commit * 31) % lines.length] = commit === 5000 ? `key=${value}` : `  // changed by ${commit}`;
    const text = lines.join('\n');
    parts.push(
      `commit refs/heads/main\ncommitter t <t@t> ${1_700_000_000 + commit * 60} +0000\ndata 1\nx`,
      `\nM 100644 inline src/d${number % 20}/f${number}.ts\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    );
  }
  return Buffer.from(parts.join(''));
}
