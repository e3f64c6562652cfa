#!/usr/bin/env node
/**
 * A source of kind `command` for Cloudflare API tokens, of a user or of an account.
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set cloudflare_token command --option program='./examples/sources/cloudflare-token.mjs' \
 *       --option admin_token='{{secret:cloudflare_admin_token}}' [--option account=ACCOUNT_ID]
 *
 * | action          | Cloudflare                                                                                                   |
 * | create          | `POST …/tokens` with the old one's policies and address filter; where the old one ends, for as long as it was |
 * | find            | by its name. A value is shown once, so it is rolled: the same token with a new value                         |
 * | usage           | `last_used_on`                                                                                               |
 * | disable, enable | `PUT …/tokens/{id}` with a status                                                                            |
 * | revoke          | `DELETE …/tokens/{id}`                                                                                       |
 * A token that knox did not make tells its id itself (`…/tokens/verify`), from where it may be used.
 * A user has at most 50 tokens, an account 500.
 *
 * Options:
 *   admin_token  of a user: made from the template "Create additional tokens". Of an account: with "Account API Tokens Write"
 *   account      the account's id, for tokens that belong to an account; without it, those of admin_token's user
 *   token_id     the id of a first token, which knox did not make, where it does not tell its id itself
 *   api_url      (https://api.cloudflare.com/client/v4)
 */
import { apiUrl, at, call, listAt, textAt } from './lib/http.mjs';
import { Failure, nameFor, option, serve } from './lib/protocol.mjs';

const PAGE = 50;
const LONGEST_NAME = 120;

await serve({
  async test(request) {
    const { body } = await cloudflare(request, 'GET', '/verify');
    if (at(body, 'result.status') !== 'active') throw new Failure('admin_token is not active');
    await cloudflare(request, 'GET', '?per_page=5');
    return { overlap: 'unlimited' };
  },
  async create(request) {
    const { body } = await cloudflare(request, 'GET', `/${await oldId(request)}`);
    const found = await roll(request);
    if (found !== null) return found;
    const made = await cloudflare(request, 'POST', '', likeOld(request, at(body, 'result')));
    return { value: textAt(made.body, 'result.value'), handle: textAt(made.body, 'result.id'), overlap: 'unlimited' };
  },
  async find(request) {
    return (await roll(request)) ?? {};
  },
  async usage(request) {
    const { body } = await cloudflare(request, 'GET', `/${await oldId(request)}`);
    return { lastUsedAt: at(body, 'result.last_used_on') ?? null };
  },
  disable: (request) => setStatus(request, 'disabled'),
  enable: (request) => setStatus(request, 'active'),
  async revoke(request) {
    const id = await idOf(request);
    if (id !== null) await cloudflare(request, 'DELETE', `/${id}`, undefined, { allow: [404] });
  },
});

function cloudflare(
  request,
  method,
  path,
  body = undefined,
  { token = option(request, 'admin_token'), allow = [] } = {},
) {
  const { account } = request.options;
  const owner = account === undefined ? 'user' : `accounts/${encodeURIComponent(account)}`;
  return call(`${apiUrl(request, 'https://api.cloudflare.com/client/v4')}/${owner}/tokens${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    allow,
    hints: {
      400: 'is there room? A user has at most 50 tokens, an account 500',
      401: 'Cloudflare does not accept admin_token',
      403: 'admin_token may not do that: it can give no right that it does not have',
      404: 'there is no such token, or it belongs to another user or account',
    },
  });
}

async function allTokens(request) {
  const tokens = [];
  for (let page = 1; ; page++) {
    const { body } = await cloudflare(request, 'GET', `?per_page=${PAGE}&page=${page}`);
    const part = listAt(body, 'result');
    tokens.push(...part);
    if (part.length < PAGE) return tokens;
  }
}

/** What this attempt made before, with a new value, since nobody knows the first; null where it made nothing. */
async function roll(request) {
  const made = (await allTokens(request)).find(({ name }) => name === ownName(request));
  if (made === undefined) return null;
  const { body } = await cloudflare(request, 'PUT', `/${textAt(made, 'id')}/value`, {});
  return { value: textAt(body, 'result'), handle: made.id, overlap: 'unlimited' };
}

/** The end of it tells one attempt from another. */
function ownName(request) {
  return nameFor(request).slice(-LONGEST_NAME);
}

function likeOld(request, old) {
  return { name: ownName(request), ...rights(old), ...(old.expires_on ? { expires_on: endLike(old) } : {}) };
}

/** Ids of policies are the old one's own. */
function rights({ policies, condition }) {
  if (!Array.isArray(policies)) throw new Failure('the old token has no policies that could be copied');
  const copied = policies.map(({ effect, resources, permission_groups: groups }) => ({
    effect,
    resources,
    permission_groups: groups.map(({ id }) => ({ id })),
  }));
  return { policies: copied, ...(condition ? { condition } : {}) };
}

/** As long from now as the old one was given. Cloudflare takes no fractions of a second. */
function endLike({ issued_on: from, expires_on: to }) {
  return new Date(Date.now() + Date.parse(to) - Date.parse(from)).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A disabled token may no longer tell its id: where knox has none, its name says that it is the one. */
async function setStatus(request, status) {
  const id = await oldId(request);
  const old = at((await cloudflare(request, 'GET', `/${id}`)).body, 'result');
  const mark = markOf(request);
  const plain = old.name.endsWith(mark) ? old.name.slice(0, -mark.length) : old.name;
  const isMarked = status === 'disabled' && request.handle === null;
  const name = isMarked ? plain.slice(0, LONGEST_NAME - mark.length) + mark : plain;
  const { not_before: from, expires_on: to } = old;
  const times = { ...(from ? { not_before: from } : {}), ...(to ? { expires_on: to } : {}) };
  await cloudflare(request, 'PUT', `/${id}`, { name, status, ...rights(old), ...times });
}

function markOf({ secret, environment }) {
  return ` (old ${secret} ${environment})`.slice(-60);
}

/** The id of the token that is asked about; null where Cloudflare does not know its value. */
async function idOf(request) {
  const known = request.handle ?? request.options.token_id;
  if (known !== undefined) return encodeURIComponent(known);
  const { status, body } = await cloudflare(request, 'GET', '/verify', undefined, {
    token: request.old,
    allow: [400, 401, 403],
  });
  if (status === 200) return textAt(body, 'result.id');
  const marked = (await allTokens(request)).find(({ name }) => name.endsWith(markOf(request)));
  if (marked !== undefined) return marked.id;
  if (status === 401) return null;
  throw new Failure('the old token does not tell its id from here: set the source again with --option token_id=ID');
}

async function oldId(request) {
  const id = await idOf(request);
  if (id === null) throw new Failure('Cloudflare does not know the old token: is it one of that user or account?');
  return id;
}
