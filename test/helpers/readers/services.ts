/** Consumers of exports that stand at the other end of a service: Kubernetes, GitHub. */
import { execFileSync } from 'node:child_process';
import sodium from 'libsodium-wrappers';
import { inProcess, needs } from './reader.ts';
import type { Reader } from './reader.ts';

/** Kubernetes' own client, which needs no cluster for this; the data decoded as a pod would see it. */
export const KUBECTL: Reader = {
  name: 'kubectl',
  missing: needs('kubectl'),
  atMost: 12,
  read: async (documents) =>
    documents.map(({ text }) => {
      const output = execFileSync('kubectl', ['label', '--local', '-f', '-', 'read=back', '-o', 'json'], {
        input: text,
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      });
      const { kind, data } = JSON.parse(output) as { kind: string; data: Record<string, string> };
      if (kind !== 'Secret') return { error: `it is a ${kind}` };
      return { value: Object.fromEntries(Object.entries(data).map(([name, text64]) => [name, atob64(text64)])) };
    }),
};

function atob64(text: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Error('more than one line of base64');
  return Buffer.from(text, 'base64').toString('utf8');
}

/** `$GITHUB_ENV`, as GitHub documents it: `NAME=VALUE`, or `NAME<<WORD`, lines and a line that is WORD. */
export const GITHUB_ENV = inProcess('the rules of $GITHUB_ENV', (text) => {
  const variables: Record<string, string> = {};
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('no line end after the last word');
  while (lines.length > 0) {
    const head = lines.shift()!;
    const [, name, word] = /^([^=<]+)<<(.+)$/.exec(head) ?? [];
    if (name === undefined) throw new Error(`neither form: ${head}`);
    const end = lines.indexOf(word!);
    if (end === -1) throw new Error(`no line ${word}`);
    variables[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return variables;
});

let pair: { publicKey: Uint8Array; privateKey: Uint8Array } | null = null;

/** A key as a repository of GitHub's has one. */
export async function repositoryKey(): Promise<{ key: string; key_id: string }> {
  await sodium.ready;
  pair ??= sodium.crypto_box_keypair();
  return { key: Buffer.from(pair.publicKey).toString('base64'), key_id: '568' };
}

/** The bodies of GitHub's calls, each box opened with the repository's key. */
export const GITHUB_SECRETS = inProcess("GitHub's sealed boxes", (text) => {
  const bodies = JSON.parse(text) as { name: string; encrypted_value: string; key_id: string }[];
  return Object.fromEntries(
    bodies.map(({ name, encrypted_value, key_id }) => {
      if (key_id !== '568') throw new Error('another key');
      const box = Buffer.from(encrypted_value, 'base64');
      return [name, Buffer.from(sodium.crypto_box_seal_open(box, pair!.publicKey, pair!.privateKey)).toString('utf8')];
    }),
  );
});
