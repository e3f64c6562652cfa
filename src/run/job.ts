/**
 * Job control for a program in a terminal of its own. A program that a terminal starts directly cannot be stopped by Ctrl-Z: nobody in
 * its session would be there to continue it, so the system ignores the stop. A shell stands between: it starts the program as its
 * foreground job, says with a signal when the job was stopped, and brings it back to the foreground when it hears SIGCONT.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { shellWord } from '../domain/shell-word.ts';

type Shell = readonly [program: string, ...flags: string[]];

/** Bash hands its terminal to a job only where it is interactive; as such it would read files of settings. */
export const SHELLS: readonly Shell[] = [['/bin/dash'], ['/bin/bash', '--norc', '--noprofile', '-i'], ['/bin/sh']];

/** What the shell sends to knox when the job was stopped. */
export const STOPPED = 'SIGTTIN';

/**
 * The job runs by `exec`, so that no command of the shell's own is taken for it. `9` is the job's stderr: the shell's is closed, since it
 * would tell of each job. It calls itself instead of looping, since bash leaves a loop when a job in it is stopped, and waits for SIGCONT
 * by looking for it, since that may come at any moment. The command comes as a few long lines of quoted words: the terminal's module now and
 * then fails with an array of thousands.
 */
const SCRIPT = `
IFS=' '
eval "set -- $*"
unset IFS
trap : INT QUIT
set -m
exec 9>&2 2>/dev/null
(exec "$@") 2>&9 9>&-
status=$?
resume() {
  jobs %+ >/dev/null || return
  on=
  trap 'on=1' CONT
  kill -${STOPPED.slice(3)} "$PPID"
  while [ -z "$on" ]; do sleep 0.1; done
  trap - CONT
  fg >/dev/null
  status=$?
  resume
}
resume
exit $status
`;

/** Of the shells that are there the first; where a name could be no variable of its own, bash, since the others drop such a variable. */
export function shellFor(names: readonly string[]): Shell | undefined {
  const isOdd = names.some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  return SHELLS.find(([path]) => existsSync(path) && (!isOdd || path.endsWith('bash')));
}

/** Of one line of quoted words, in characters: Linux takes 128 KiB for one argument. */
const LONGEST_LINE = 30_000;

/** Words as lines of quoted words, each as long as one argument may be; null where a word is longer. */
function linesOf(words: readonly string[]): string[] | null {
  const lines: string[] = [];
  for (const quoted of words.map(shellWord)) {
    if (quoted.length > LONGEST_LINE) return null;
    const last = lines.at(-1);
    if (last === undefined || last.length + quoted.length >= LONGEST_LINE) lines.push(quoted);
    else lines[lines.length - 1] = `${last} ${quoted}`;
  }
  return lines;
}

/** The program and arguments that start a command as a job; the command itself where there is no shell, or a word is too long for one. */
export function asJob(
  command: string,
  args: readonly string[],
  shell: Shell | undefined,
): { file: string; args: string[]; isJob: boolean } {
  const lines = linesOf([command, ...args]);
  if (shell === undefined || lines === null) return { file: command, args: [...args], isJob: false };
  const [file, ...flags] = shell;
  return { file, args: [...flags, '-c', SCRIPT, 'knox', ...lines], isJob: true };
}

/** The process of the shell's job, or null where there is none (yet, or any more). */
export function jobOf(shell: number): number | null {
  try {
    return Number.parseInt(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8'), 10) || null;
  } catch {
    return jobByList(shell);
  }
}

/** Where the system has no such file. */
function jobByList(shell: number): number | null {
  try {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
    const found = lines.map((line) => line.trim().split(/\s+/)).find(([, parent]) => parent === String(shell));
    return found === undefined ? null : Number(found[0]);
  } catch {
    return null;
  }
}
