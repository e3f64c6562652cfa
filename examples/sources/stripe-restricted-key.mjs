#!/usr/bin/env node
/**
 * A source of kind `command` for Stripe's restricted keys (`rk_…`).
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set stripe_key command --option program='./examples/sources/stripe-restricted-key.mjs' \
 *       --option app_key='{{secret:stripe_app_key}}' --option account=acct_1234567890
 *
 * What Stripe offers, and what not. No API key of an ordinary account may make another one: restricted keys are made, rolled and expired in
 * the Dashboard. The API `/v2/iam/api_keys` ("managed API keys") is a preview for an approved Stripe App that is installed in the account
 * with the permission `api_key_write`: https://docs.stripe.com/stripe-apps/api-authentication/managed-api-keys. This program is for who has
 * one. Without one, rotate by hand: leave the source `manual`, and set --option overlap=7d, the longest that "Roll key" keeps an old key.
 *
 * | action          | Stripe                                                                                                        |
 * | create          | a new key with the old one's permissions; in live mode its value comes encrypted to a key that lives for one call |
 * | find            | a value is not shown again in live mode: what a lost answer left is expired                                   |
 * | usage           | `last_used`                                                                                                   |
 * | disable, enable | left out: Stripe has no such thing                                                                            |
 * | revoke          | `expire`. It may be some seconds until every server knows: knox waits for the probe                          |
 * Stripe's `rotate` is not used: it ends the old key too, which knox does later, when nothing uses it.
 *
 * Options:
 *   app_key             the secret key of the account that owns the app; keys are made in its mode (test or live)
 *   account             the account that the app is installed in
 *   permissions         such as `charge_read,customer_write`. Without it: those of the old key
 *   connect_permissions the same for connected accounts
 *   key_id              the id (`mk_…`) of a first key, which knox did not make; Stripe tells it by the value only in test mode. Where
 *                       environments differ, a placeholder: '{{secret:stripe_key_id}}'
 *   stripe_version      the preview that serves this API (2026-08-26.preview)
 *   api_url             (https://api.stripe.com)
 */
import { constants, createDecipheriv, generateKeyPairSync, privateDecrypt, randomUUID } from 'node:crypto';
import { apiUrl, at, call, listAt, textAt } from './lib/http.mjs';
import { findNothing } from './lib/leftovers.mjs';
import { Failure, nameFor, option, serve } from './lib/protocol.mjs';

const HASHES = { 'RSA-OAEP': 'sha1', 'RSA-OAEP-256': 'sha256' };

await serve({
  async test(request) {
    await stripe(request, 'GET', '?limit=1');
    return { overlap: 'unlimited' };
  },
  async create(request) {
    const rights = await rightsOf(request);
    await removeLeftovers(request);
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const { body } = await stripe(request, 'POST', '', {
      type: 'secret_key',
      name: nameFor(request),
      ...rights,
      public_key: { pem_key: { algorithm: 'RSA', data: pem } },
    });
    const sealed = at(body, 'secret_key.encrypted_secret.ciphertext');
    const value = typeof sealed === 'string' ? unseal(sealed, privateKey) : textAt(body, 'secret_key.token');
    return { value, handle: textAt(body, 'id'), overlap: 'unlimited' };
  },
  find: findNothing(removeLeftovers),
  async usage(request) {
    const { body } = await stripe(request, 'GET', `/${await idOf(request)}`);
    return { lastUsedAt: body?.last_used ?? null };
  },
  async revoke(request) {
    await expire(request, await idOf(request));
  },
});

function stripe(request, method, path, body = undefined) {
  const url = `${apiUrl(request, 'https://api.stripe.com')}/v2/iam/api_keys${path}`;
  return call(url, {
    method,
    headers: {
      Authorization: `Bearer ${option(request, 'app_key')}`,
      'Stripe-Version': option(request, 'stripe_version', '2026-08-26.preview'),
      'Stripe-Context': option(request, 'account'),
      ...(method === 'GET' ? {} : { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    allow: [404],
    hints: {
      401: 'Stripe does not accept app_key',
      403: 'is the app installed in that account, with the permission api_key_write?',
    },
  });
}

/** All keys of the account. In test mode an entry holds its value: none leaves this program. */
async function allKeys(request) {
  const keys = [];
  for (let query = '?limit=100'; query !== '';) {
    const { body } = await stripe(request, 'GET', query);
    keys.push(...listAt(body, 'data'));
    query = body.next_page_url ? new URL(body.next_page_url, apiUrl(request, 'https://api.stripe.com')).search : '';
  }
  return keys;
}

async function removeLeftovers(request) {
  const lost = (await allKeys(request)).filter(({ name, status }) => name === nameFor(request) && status === 'active');
  for (const { id } of lost) await expire(request, id);
}

/** One that is gone or expired is fine. */
async function expire(request, id) {
  const { status, body } = await stripe(request, 'GET', `/${id}`);
  if (status === 404 || body?.status === 'expired') return;
  await stripe(request, 'POST', `/${id}/expire`);
}

async function knownId(request) {
  if (request.handle !== null) return request.handle;
  if (request.options.key_id !== undefined) return request.options.key_id;
  return (await allKeys(request)).find((key) => key.secret_key?.token === request.old)?.id ?? null;
}

async function idOf(request) {
  const id = await knownId(request);
  if (id !== null) return encodeURIComponent(id);
  throw new Failure(
    'Stripe does not tell the id of the old key, which knox did not make: set the source again with --option key_id=mk_…',
  );
}

/** What the new key may do: as the options say, else as the old key. */
async function rightsOf(request) {
  const listed = (name) => request.options[name]?.split(',').map((one) => one.trim());
  const permissions = listed('permissions');
  const connect = listed('connect_permissions');
  if (permissions !== undefined)
    return { permissions, ...(connect === undefined ? {} : { connect_permissions: connect }) };
  const id = await knownId(request);
  const old = id === null ? null : (await stripe(request, 'GET', `/${encodeURIComponent(id)}`)).body;
  if (!Array.isArray(old?.permissions)) {
    throw new Failure('Stripe does not tell what the old key may do: --option permissions=charge_read,customer_write');
  }
  // An empty list is not sent: only a Connect platform may have the other.
  const { connect_permissions: theirs = [] } = old;
  return { permissions: old.permissions, ...(theirs.length > 0 ? { connect_permissions: theirs } : {}) };
}

/** A compact JWE (RFC 7516): the content's key under our RSA key, the content under AES-256-GCM. */
function unseal(text, privateKey) {
  const [head, key, iv, content, tag] = text.split('.').map((part) => Buffer.from(part, 'base64url'));
  try {
    const { alg, enc } = JSON.parse(head.toString());
    if (HASHES[alg] === undefined || enc !== 'A256GCM') throw new Error('unknown');
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const inner = privateDecrypt({ key: privateKey, padding, oaepHash: HASHES[alg] }, key);
    const decipher = createDecipheriv('aes-256-gcm', inner, iv)
      .setAAD(Buffer.from(text.split('.')[0]))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
  } catch {
    throw new Failure('the value of the new key cannot be decrypted: it is not RSA-OAEP with A256GCM');
  }
}
