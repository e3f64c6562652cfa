#!/usr/bin/env node
/**
 * A source of kind `command` for GitHub deploy keys: the value is an Ed25519 private key in OpenSSH's form, as `ssh -i` takes it.
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set deploy_key command --option program='./examples/sources/github-deploy-key.mjs' \
 *       --option repository=owner/name --option admin_token='{{secret:github_admin_token}}'
 *
 * GitHub gets the public half only; the private one is made here and goes to knox alone. It is never in a file.
 *
 * | action          | GitHub                                                                                                        |
 * | create          | `POST /repos/{owner}/{repo}/keys`, read-only where the old one is                                             |
 * | find            | GitHub has no private keys: what a lost answer left is found by its title and deleted                         |
 * | usage           | `last_used`                                                                                                   |
 * | disable, enable | left out: GitHub has no such thing for one key                                                                |
 * | revoke          | `DELETE /repos/{owner}/{repo}/keys/{id}`. A key that knox did not make is found by its public half            |
 *
 * Options:
 *   admin_token  may read and write the administration of the repository. GitHub deletes a deploy key together with the personal access
 *                token that made it: take a token of a GitHub App, or one that is regenerated and never deleted
 *   repository   owner/name
 *   read_only    true or false; without it: as the old one is
 *   api_url      (https://api.github.com); of GitHub Enterprise Server: https://HOST/api/v3
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { apiUrl, call, listAt, textAt } from './lib/http.mjs';
import { findNothing } from './lib/leftovers.mjs';
import { Failure, nameFor, option, serve } from './lib/protocol.mjs';

const KIND = 'ssh-ed25519';
const MAGIC = 'openssh-key-v1\0';
const PAGE = 100;

await serve({
  async test(request) {
    await github(request, 'GET', '?per_page=1');
    return { overlap: 'unlimited' };
  },
  async create(request) {
    const readOnly = await isReadOnly(request);
    await removeLeftovers(request);
    const { privateKey, publicKey } = keyPair();
    const { body } = await github(request, 'POST', '', {
      title: nameFor(request),
      key: publicKey,
      read_only: readOnly,
    });
    return { value: privateKey, handle: textAt(body, 'id'), overlap: 'unlimited' };
  },
  find: findNothing(removeLeftovers),
  async usage(request) {
    return { lastUsedAt: (await oldKey(request))?.last_used ?? null };
  },
  async revoke(request) {
    const key = await oldKey(request);
    if (key !== null) await github(request, 'DELETE', `/${key.id}`);
  },
});

function github(request, method, path, body = undefined) {
  const repository = option(request, 'repository').split('/').map(encodeURIComponent);
  if (repository.length !== 2) throw new Failure('the option repository has to be owner/name');
  return call(`${apiUrl(request, 'https://api.github.com')}/repos/${repository.join('/')}/keys${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${option(request, 'admin_token')}`,
      Accept: 'application/vnd.github+json',
      'X-GitHub-Api-Version': '2022-11-28',
      // GitHub refuses requests without one.
      'User-Agent': 'knox-source',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // Of a key: it is gone. Of the repository: GitHub hides what the token may not see.
    allow: /^\/\d+$/.test(path) ? [404] : [],
    hints: {
      401: 'GitHub does not accept admin_token',
      403: 'admin_token may not administer the repository, or the organisation allows no deploy keys',
      404: 'no such repository, or admin_token may not administer it',
      422: 'GitHub does not take the key',
    },
  });
}

async function allKeys(request) {
  const keys = [];
  for (let page = 1; ; page++) {
    const { body } = await github(request, 'GET', `?per_page=${PAGE}&page=${page}`);
    keys.push(...listAt(body, ''));
    if (body.length < PAGE) return keys;
  }
}

async function removeLeftovers(request) {
  const lost = (await allKeys(request)).filter(({ title }) => title === nameFor(request));
  for (const { id } of lost) await github(request, 'DELETE', `/${id}`);
}

/** The key that is asked about; null where it is gone. */
async function oldKey(request) {
  if (request.handle === null) {
    const line = publicLine(request.old);
    return (await allKeys(request)).find(({ key }) => key.split(' ', 2).join(' ') === line) ?? null;
  }
  const { status, body } = await github(request, 'GET', `/${Number(request.handle)}`);
  return status === 404 ? null : { ...body, id: textAt(body, 'id') };
}

async function isReadOnly(request) {
  const said = request.options.read_only ?? (await oldKey(request))?.read_only;
  if (said === undefined) {
    throw new Failure('the repository does not have the old key: is it the right one? Else: --option read_only=true');
  }
  return String(said) !== 'false';
}

/** The public half of a private key in OpenSSH's form, where it stands in the clear: magic, three fields, a count, the public key. */
function publicLine(text) {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text ?? '')?.[1];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  try {
    let start = MAGIC.length;
    const next = () => {
      const end = start + 4 + bytes.readUInt32BE(start);
      return bytes.subarray(start + 4, (start = end));
    };
    for (let skipped = 0; skipped < 3; skipped++) next();
    start += 4;
    const blob = next();
    return `${blob.subarray(4, 4 + blob.readUInt32BE(0)).toString()} ${blob.toString('base64')}`;
  } catch {
    throw new Failure('the old value is not an OpenSSH private key: convert it with ssh-keygen -p -f FILE');
  }
}

/** An Ed25519 key pair, the private one in OpenSSH's form (PROTOCOL.key of OpenSSH): ssh does not take PKCS #8 for this kind. */
function keyPair() {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, point] = [d, x].map((text) => Buffer.from(text, 'base64url'));
  const publicBlob = Buffer.concat([field(KIND), field(point)]);
  // The same random number twice, by which a reader tells that a passphrase was right. There is none: the key lies in the vault.
  const check = randomBytes(4);
  const pair = Buffer.concat([seed, point]);
  const inner = Buffer.concat([check, check, field(KIND), field(point), field(pair), field('')]);
  const padding = Buffer.from(Array.from({ length: -inner.length & 7 }, (_byte, index) => index + 1));
  const sealed = field(Buffer.concat([inner, padding]));
  const count = Buffer.from([0, 0, 0, 1]);
  const parts = [Buffer.from(MAGIC), field('none'), field('none'), field(''), count, field(publicBlob), sealed];
  const lines = Buffer.concat(parts)
    .toString('base64')
    .match(/.{1,70}/g);
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${KIND} ${publicBlob.toString('base64')}`,
  };
}

/** With its length before it. */
function field(content) {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
