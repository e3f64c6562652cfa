#!/usr/bin/env node
/**
 * A source of kind `command` for a service with a REST API, told by options how to ask it.
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set api_key command --option program='./examples/sources/rest.mjs' --option api_url=https://api.example.com \
 *       --option auth_token='{{secret:example_admin}}' \
 *       --option create='POST /keys' --option create_body='{"name": "{name}"}' --option value_at=key --option id_at=id \
 *       --option list='GET /keys' --option list_at=data --option name_at=name \
 *       --option usage='GET /keys/{id}' --option used_at=last_used_at \
 *       --option disable='PATCH /keys/{id}' --option disable_body='{"enabled": false}' \
 *       --option enable='PATCH /keys/{id}' --option enable_body='{"enabled": true}' --option revoke='DELETE /keys/{id}'
 *
 * Options, all but the first three with a default or left out where the service has no such thing:
 *   api_url, auth_token    where, and with which credential
 *   create                 METHOD and path. In each path and body, {id} is a key's id; {name} a name that says whose it is, the same when a
 *                          call is repeated; {secret}, {environment}, {rotation} and {attempt} as knox has them
 *   create_body, …         what is sent along: JSON
 *   auth_header            (Authorization)
 *   auth_prefix            (Bearer): what stands before the credential in that header; empty for nothing
 *   value_at, id_at        (value, id): where those stand in the answer to `create`, such as data.0.key
 *   idempotency_header     such as Idempotency-Key: the service answers a repeated call with the key that it made first
 *   list                   where the service cannot do that: what a lost answer left is found in this list by its {name}, and revoked. A
 *                          service that pages its list has to be asked for {name} in the path
 *   list_at, name_at, listed_id_at  (the answer itself, name, id): where the list stands, and in an entry of it the name and the id
 *   usage, used_at         (last_used_at)
 *   disable, enable, revoke
 *   test                   a call that only shows that auth_token is accepted, where `list` does not
 *   key_id                 the id of a first key, which knox did not make
 *   overlap                how long old and new live side by side: knox reads it itself
 */
import { apiUrl, at, call, listAt, textAt } from './lib/http.mjs';
import { findNothing } from './lib/leftovers.mjs';
import { Failure, nameFor, option, serve } from './lib/protocol.mjs';

const UNKNOWN_ACTION = 64;

await serve({
  async test(request) {
    apiUrl(request, undefined);
    const looking = ['test', 'list'].find((name) => request.options[name] !== undefined);
    if (looking !== undefined) await ask(request, looking);
  },
  async create(request) {
    if (!repeats(request)) await removeLeftovers(request);
    const { body } = await ask(request, 'create');
    return {
      value: textAt(body, option(request, 'value_at', 'value')),
      handle: textAt(body, option(request, 'id_at', 'id')),
    };
  },
  async find(request) {
    // Asked again with the same key, the service answers as it did, or would have.
    if (repeats(request) && request.rotation !== null) return this.create(request);
    if (repeats(request) || request.options.list === undefined) process.exit(UNKNOWN_ACTION);
    return findNothing(removeLeftovers)(request);
  },
  async usage(request) {
    const { body } = await askOld(request, 'usage');
    return { lastUsedAt: at(body, option(request, 'used_at', 'last_used_at')) ?? null };
  },
  disable: (request) => askOld(request, 'disable').then(nothing),
  enable: (request) => askOld(request, 'enable').then(nothing),
  // One that is gone is fine.
  revoke: (request) => askOld(request, 'revoke', [404, 410]).then(nothing),
});

function nothing() {}

function askOld(request, action, allow = []) {
  const id = request.handle ?? request.options.key_id;
  if (id === undefined && request.options[action] !== undefined) {
    throw new Failure('knox did not make the old key and has no id of it: --option key_id=ID');
  }
  return ask(request, action, id, allow);
}

/** An action whose option is not set is one that the service does not know. */
function ask(request, action, id = '', allow = []) {
  const [, method, path] =
    /^([A-Z]+) (\/.*)$/.exec(fill(request.options[action] ?? exitUnknown(), request, id, encodeURIComponent)) ?? [];
  if (path === undefined)
    throw new Failure(`the option ${action} has to be a method and a path, such as GET /keys/{id}`);
  const body = request.options[`${action}_body`];
  const header = request.options.idempotency_header;
  return call(`${apiUrl(request, undefined)}${path}`, {
    method,
    headers: {
      Accept: 'application/json',
      [option(request, 'auth_header', 'Authorization')]:
        `${option(request, 'auth_prefix', 'Bearer')} ${option(request, 'auth_token')}`.trim(),
      ...(action === 'create' && header !== undefined ? { [header]: request.attempt } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: fill(body, request, id, (text) => JSON.stringify(text).slice(1, -1)) }),
    allow,
    hints: { 401: 'the service does not accept auth_token', 403: 'auth_token may not do that' },
  });
}

function exitUnknown() {
  process.exit(UNKNOWN_ACTION);
}

/** Fills in what a path or body asks for, so that it cannot end the text that it stands in. */
function fill(template, request, id, quote) {
  const { secret, environment, rotation, attempt } = request;
  const words = { id, name: nameFor(request), secret, environment, rotation, attempt };
  return template.replace(/\{(id|name|secret|environment|rotation|attempt)\}/g, (_all, word) =>
    quote(words[word] ?? ''),
  );
}

function repeats({ options }) {
  return options.idempotency_header !== undefined;
}

async function removeLeftovers(request) {
  if (request.options.list === undefined) return;
  const entries = listAt((await ask(request, 'list')).body, option(request, 'list_at', ''));
  const lost = entries.filter((entry) => at(entry, option(request, 'name_at', 'name')) === nameFor(request));
  for (const entry of lost)
    await ask(request, 'revoke', textAt(entry, option(request, 'listed_id_at', 'id')), [404, 410]);
}
