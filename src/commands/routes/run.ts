/** `knox run`: a program with its secrets as variables or files. Its use is recorded before it starts, and what it prints is masked. */
import type { ReadStream, WriteStream } from 'node:tty';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { SHORTEST_MASKED } from '../../domain/mask.ts';
import { reveal, revealText } from '../../domain/plaintext.ts';
import { printable } from '../../domain/printable.ts';
import { errors } from '../../errors.ts';
import { pathInRoot } from '../../files/root-file.ts';
import { noteRunning } from '../../files/running-commands.ts';
import { runChild } from '../../run/child.ts';
import { mount } from '../../run/mounts.ts';
import type { Mounted } from '../../run/mounts.ts';
import { runInTerminal } from '../../run/terminal-child.ts';
import { variablesOf } from '../../run/variables.ts';
import type { Given, GivenFile } from '../../run/variables.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { useValues } from '../common/use-values.ts';
import type { RunGiven } from './declared.ts';

export const run: Run<RunGiven> = async (context, asked) => {
  const [command, ...rest] = asked.command;
  const usage = 'knox run -e ENV --secret VAR=NAME -- COMMAND';
  if (command === undefined) throw errors.usage('no command given', usage);
  const environment = await askEnvironment(context, asked.env, usage);
  const isMasking = asked.masking;
  const files: GivenFile[] = [];
  for (const file of asked.envFiles) files.push(await readGiven(context, file));
  const mounts: [string, GivenFile][] = [];
  for (const { variable, from } of asked.mounts) mounts.push([variable, await readGiven(context, from)]);
  const secrets = asked.secrets.map(({ variable, from }): [string, string] => [variable, from]);
  if (files.length + mounts.length + secrets.length === 0)
    context.warn('nothing_given', 'the command gets no secrets: add some with --env-file, --secret or --mount');
  const guards = context.guards();
  const vault = await context.vault('key');
  // One that was turned back still gives values, so that what needs them comes up.
  vault.requireIdentity();
  const given = await useValues(
    context,
    vault,
    { consumer: `run ${printable(command)}`, log: asked.useLog, detail: isMasking ? {} : { noMasking: true } },
    async (view) => {
      view.requireEnvironment(environment);
      view.ring?.realmKey(environment);
      return variablesOf(view, { environment, guards, files, secrets, mounts });
    },
  );
  for (const note of given.notes) context.say(`note: ${note}`);
  for (const { code, message } of given.warnings) context.warn(code, message);
  const uses = given.uses.map(({ name, realm }) => ({ secret: name, environment: realm }));
  const who = { consumer: `run ${printable(command)}`, actor: vault.actor, at: context.io.now().toISOString() };
  const note = (pid: number) => noteRunning(context.stateFolder(), pid, { vault: vault.manifest.vault, ...who, uses });
  let ended = note(context.pid);
  // From then on it is told by itself: it lives on where knox is killed.
  const onStart = (pid: number): void => {
    if (context.pid <= 0) return;
    const before = ended;
    ended = note(pid);
    before();
  };
  try {
    await context.closeVault();
    return await start(context, { command, args: rest, given, isMasking, onStart });
  } finally {
    ended();
  }
};

interface Start {
  readonly command: string;
  readonly args: string[];
  readonly given: Given;
  readonly isMasking: boolean;
  readonly onStart: (pid: number) => void;
}

async function start(context: Context, begin: Start) {
  const { given } = begin;
  const mounted =
    given.mounts.length === 0
      ? null
      : mount(given.mounts, context.variable('XDG_RUNTIME_DIR'), (await context.vaultFiles()).lockFile);
  if (mounted !== null && !mounted.isInMemory)
    context.warn(
      'not_in_memory',
      'no file system in memory found: the mounted files are on the disk while the command runs',
    );
  try {
    const ended = await runIt(context, begin, mounted);
    if ('error' in ended) return { error: ended.error, exit: ended.exit };
    if (ended.masked > 0 && context.io.stdout.isTTY !== true)
      context.say(`knox: masked ${ended.masked} ${ended.masked === 1 ? 'value' : 'values'} in the output`);
    return { exit: ended.exit };
  } finally {
    mounted?.remove();
  }
}

async function runIt(context: Context, { command, args, given, isMasking, onStart }: Start, mounted: Mounted | null) {
  const { stdin, stdout, stderr, signals, cwd } = context.io;
  const values = Object.fromEntries([...given.variables].map(([name, value]) => [name, revealText(value)!]));
  const env = { ...context.childEnvironment(), ...values, ...mounted?.variables };
  const hidden = given.secrets.filter(({ value }) => reveal(value).length >= SHORTEST_MASKED);
  for (const { name, value } of given.secrets)
    if (isMasking && value.length < SHORTEST_MASKED)
      context.warn('short_value', `${name} has under 8 bytes: it is not masked in the output`);
  const isOnTerminal = stdin.isTTY === true;
  const common = { command, args, env, cwd, onStart };
  const needsMask = isMasking && hidden.length > 0;
  if (needsMask && stdout.isTTY === true) {
    if (isOnTerminal && stderr.isTTY === true) {
      const terminal = { stdin: stdin as ReadStream, stdout: stdout as WriteStream, signals: signals ?? null };
      const ended = await runInTerminal({ ...common, secrets: hidden, ...terminal });
      if (ended !== null) return ended;
    }
    context.warn(
      'no_terminal',
      'the command gets no terminal, so that its output can be masked; --no-masking gives it one',
    );
  }
  return runChild({
    ...common,
    secrets: needsMask ? hidden : null,
    stdout,
    stderr,
    signals: signals ?? null,
    isOnTerminal,
  });
}

async function readGiven(context: Context, file: string): Promise<GivenFile> {
  const bytes = await context.readFile(file);
  const { root, project } = await context.place();
  const path = pathInRoot(root, context.io.cwd, file);
  return { file, bytes, place: path === null ? null : { project, path } };
}
