#!/usr/bin/env node
/**
 * A source of kind `command` for GitHub tokens: the installation access tokens of a GitHub App (`ghs_…`).
 * Needs Node 20 and `lib/` beside it.
 *
 *     knox source set github_token command --option program='./examples/sources/github-token.mjs' \
 *       --option app_id=123456 --option installation_id=7890123 --option app_private_key='{{secret:github_app_key}}' \
 *       --option repositories=shop,website --option permissions=contents:read,issues:write
 *
 * What GitHub offers, and what not. A personal access token cannot be made or listed by API, only in the settings. An installation access
 * token can, and it lives for one hour: good for a job or a deployment that knox feeds, not for a service that keeps it for days, which
 * should make its own from the app's key. See https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
 *
 * | action          | GitHub                                                                                                    |
 * | create          | `POST /app/installations/{id}/access_tokens`, signed with the app's key                                   |
 * | find            | left out: a token has no name and is in no list. One that a lost answer left ends by itself after an hour |
 * | usage           | left out: GitHub does not tell                                                                            |
 * | disable, enable | left out: only all of an installation can be suspended                                                    |
 * | revoke          | `DELETE /installation/token`, with the token itself                                                       |
 *
 * Options:
 *   app_id           the app's id, or its client id
 *   app_private_key  its private key, the PEM file that GitHub gave
 *   installation_id  where the app is installed: the number in the address of its settings there
 *   repositories     names without the owner; without it, all that the installation may see
 *   permissions      at most these; without it, all that the installation has
 *   api_url          (https://api.github.com); of GitHub Enterprise Server: https://HOST/api/v3
 */
import { createPrivateKey, sign } from 'node:crypto';
import { apiUrl, call, textAt } from './lib/http.mjs';
import { Failure, option, serve } from './lib/protocol.mjs';

const LIFE = '1h';
/** A clock that is wrong by less does no harm; GitHub takes ten minutes at most. */
const BEFORE_SECONDS = 60;
const AFTER_SECONDS = 540;

await serve({
  async test(request) {
    const { body } = await asApp(request, 'GET', installation(request));
    if (body?.suspended_at) throw new Failure('the installation of the app is suspended');
    return { overlap: LIFE };
  },
  async create(request) {
    const { body } = await asApp(request, 'POST', `${installation(request)}/access_tokens`, limits(request));
    return { value: textAt(body, 'token'), overlap: LIFE };
  },
  async revoke(request) {
    if (!request.old?.startsWith('ghs_')) {
      throw new Failure(
        'the old value is not an installation access token: revoke it at https://github.com/settings/tokens',
      );
    }
    // 401: it has expired, or is revoked already.
    await github(request, 'DELETE', '/installation/token', request.old, undefined, [401]);
  },
});

function installation(request) {
  return `/app/installations/${encodeURIComponent(option(request, 'installation_id'))}`;
}

/** What the token may at most do, and where. */
function limits({ options: { repositories, permissions } }) {
  const words = (text) => text.split(',').map((word) => word.trim());
  return {
    ...(repositories === undefined ? {} : { repositories: words(repositories) }),
    ...(permissions === undefined
      ? {}
      : { permissions: Object.fromEntries(words(permissions).map((word) => word.split(':'))) }),
  };
}

function asApp(request, method, path, body = undefined) {
  return github(request, method, path, appToken(request), body);
}

function github(request, method, path, token, body = undefined, allow = []) {
  return call(`${apiUrl(request, 'https://api.github.com')}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'application/vnd.github+json',
      'X-GitHub-Api-Version': '2022-11-28',
      // GitHub refuses requests without one.
      'User-Agent': 'knox-source',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    allow,
    hints: {
      401: 'GitHub does not accept the app: app_id and app_private_key have to belong together, and the clock has to be right',
      403: 'the app may not do that',
      404: 'is installation_id right?',
      422: 'the installation has not all of these repositories or permissions',
    },
  });
}

/** A JSON Web Token by which the app shows who it is, for some minutes. */
function appToken(request) {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iat: seconds - BEFORE_SECONDS, exp: seconds + AFTER_SECONDS, iss: option(request, 'app_id') };
  const text = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey(request)).toString('base64url')}`;
}

function privateKey(request) {
  try {
    return createPrivateKey(option(request, 'app_private_key'));
  } catch {
    throw new Failure('the option app_private_key is not a private key in PEM form');
  }
}
