#!/usr/bin/env node
/**
 * A source of kind `command` for Twilio SendGrid API keys (`SG.…`).
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set sendgrid_key command --option program='./examples/sources/sendgrid-key.mjs' \
 *       --option admin_key='{{secret:sendgrid_admin_key}}'
 *
 * | action          | SendGrid                                                                                              |
 * | create          | `POST /v3/api_keys` with the old key's scopes                                                         |
 * | find            | a value is shown once: what a lost answer left is found by its name and deleted                       |
 * | usage           | left out: SendGrid does not tell when a key was last used                                             |
 * | disable, enable | left out: SendGrid has no such thing                                                                  |
 * | revoke          | `DELETE /v3/api_keys/{id}`. It may be a moment until every server knows: knox waits for the probe     |
 * The id of a key stands in it, between the dots: one that knox did not make is known by that.
 * An account has at most 100 keys, and a rotation needs room for one more in each environment.
 *
 * Options:
 *   admin_key     a key that may create, read and delete API keys, and has every scope that it is to give
 *   scopes        such as mail.send,stats.read; without it: those of the old key
 *   on_behalf_of  the name of a subuser whose keys these are
 *   api_url       (https://api.sendgrid.com); of a subuser in the EU: https://api.eu.sendgrid.com
 */
import { apiUrl, at, call, listAt, textAt } from './lib/http.mjs';
import { findNothing } from './lib/leftovers.mjs';
import { Failure, nameFor, option, serve } from './lib/protocol.mjs';

const MOST_KEYS = 100;
/** SendGrid gives them to every key, or not, by the account: they are shown with a key, and not asked for. */
const GIVEN_BY_ACCOUNT = /^(2fa_(required|exempt)|sender_verification_(eligible|exempt|legacy))$/;

await serve({
  async test(request) {
    await allKeys(request);
    return { overlap: 'unlimited' };
  },
  async create(request) {
    const scopes = await scopesFor(request);
    await removeLeftovers(request);
    if ((await allKeys(request)).length >= MOST_KEYS) {
      throw new Failure(`SendGrid allows ${MOST_KEYS} API keys, and there are as many: delete one that nobody uses`);
    }
    // Without scopes SendGrid would make a key that may do everything: there is at least one.
    const { body } = await sendgrid(request, 'POST', '', { name: nameFor(request), scopes });
    return { value: textAt(body, 'api_key'), handle: textAt(body, 'api_key_id'), overlap: 'unlimited' };
  },
  find: findNothing(removeLeftovers),
  async revoke(request) {
    await remove(request, idOf(request));
  },
});

function sendgrid(request, method, path, body = undefined) {
  const { on_behalf_of: subuser } = request.options;
  return call(`${apiUrl(request, 'https://api.sendgrid.com')}/v3/api_keys${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${option(request, 'admin_key')}`,
      ...(subuser === undefined ? {} : { 'on-behalf-of': subuser }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    allow: [404],
    hints: {
      400: 'a key cannot get a scope that admin_key does not have',
      401: 'SendGrid does not accept admin_key',
      403: `admin_key may not do that, or the ${MOST_KEYS} API keys that SendGrid allows are reached`,
    },
  });
}

async function allKeys(request) {
  return listAt((await sendgrid(request, 'GET', `?limit=${MOST_KEYS}`)).body, 'result');
}

async function removeLeftovers(request) {
  const lost = (await allKeys(request)).filter(({ name }) => name === nameFor(request));
  for (const { api_key_id: id } of lost) await remove(request, id);
}

/** One that is gone is fine. */
async function remove(request, id) {
  await sendgrid(request, 'DELETE', `/${encodeURIComponent(id)}`);
}

function idOf({ handle, old }) {
  const id = handle ?? /^SG\.([\w-]+)\.[\w-]+$/.exec(old ?? '')?.[1];
  if (id === undefined) throw new Failure('the old value is not a SendGrid key: it looks like SG.….…');
  return id;
}

async function scopesFor(request) {
  const { scopes } = request.options;
  if (scopes !== undefined) return scopes.split(',').map((scope) => scope.trim());
  const { status, body } = await sendgrid(request, 'GET', `/${encodeURIComponent(idOf(request))}`);
  if (status === 404) {
    throw new Failure('SendGrid does not know the old key, whose scopes a new one gets: --option scopes=mail.send,…');
  }
  // The documentation shows a list with one entry, the service answers with the entry itself.
  const found = listAt(at(body, 'result.0') ?? body, 'scopes').filter((scope) => !GIVEN_BY_ACCOUNT.test(scope));
  if (found.length === 0) throw new Failure('the old key has no scopes: --option scopes=mail.send,…');
  return found;
}
