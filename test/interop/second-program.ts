/** Runs the Python programs of this folder, which share no code with knox. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../helpers/programs.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import type { KindName } from '../../src/vault/records/kinds.ts';

/** A record with where it is. */
export type Read = Readonly<Record<string, unknown>> & { readonly realm: string; readonly entry: number };

export interface Reading {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly slot: string | null;
  readonly entries: readonly (Readonly<Record<string, unknown>> & { readonly seq: number; readonly hash: string })[];
  readonly rows: { readonly verified: number; readonly unverified: number };
  readonly records: Readonly<Record<KindName, readonly Read[]>>;
  /** Which environments have which shared value: name and environment. */
  readonly takenUp: readonly (readonly [string, string])[];
  /** Kind, realm and id of what is vouched for, and the label of the slot. */
  readonly vouchers: readonly (readonly [string, string, string, string])[];
  readonly values: readonly { readonly name: string; readonly realm: string; readonly base64: string }[];
}
export type Answer = Reading | { readonly refused: string };

export type Unlocking = { readonly keyFile: string } | { readonly passphrase: string } | { readonly identity: string };

/** What the second reader says of each file. */
export function readVaults(files: readonly string[], unlocking: Unlocking): Answer[] {
  const [kind, given, input] =
    'keyFile' in unlocking
      ? ['key-file', unlocking.keyFile, '']
      : 'passphrase' in unlocking
        ? ['passphrase', '-', unlocking.passphrase]
        : ['identity', unlocking.identity, ''];
  const answers = runProgram('read-vault.py', [kind, given, ...files], input)
    .trimEnd()
    .split('\n');
  return answers.map((line) => JSON.parse(line) as Answer);
}

/** What the second reader says of each line of a log of uses. */
export function readUses(
  log: string,
  file: string,
): (Readonly<Record<string, unknown>> | { readonly refused: string })[] {
  const answers = runProgram('read-vault.py', ['uses', log, file]).trimEnd().split('\n');
  return answers.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

/** What it read of one file. Throws where it refused. */
export function readVault(file: string, unlocking: Unlocking): Reading {
  const [answer] = readVaults([file], unlocking);
  if (answer === undefined || 'refused' in answer) throw new Error(`refused: ${answer?.refused}`);
  return answer;
}

/** stdout of a program of this folder. Throws where it said anything on stderr. */
export function runProgram(name: string, args: readonly string[] = [], input = ''): string {
  const program = fileURLToPath(new URL(name, import.meta.url));
  // -B: no compiled files among the sources.
  const ended = spawnSync(pythonWith('nacl.bindings, argon2.low_level')!, ['-B', program, ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (ended.stderr !== '') throw new Error(ended.stderr);
  return ended.stdout;
}
