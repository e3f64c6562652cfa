/**
 * GitHub's REST API as a source's program sees it: installation access tokens of an app, and deploy keys of a repository. From GitHub's
 * documentation: a JSON Web Token by RS256 of at most ten minutes, tokens of one hour, required headers, 422 with `errors`, the limits as
 * 403 with `x-ratelimit-remaining: 0`, pages by `per_page` and `page`.
 */
import { generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { startHttpFake } from './http-fake.ts';
import type { Answer, HttpFake, Sent } from './http-fake.ts';

export interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly read_only: boolean;
  last_used: string | null;
}

export interface GitHub extends HttpFake {
  /** Installation access tokens that were made, and whether they still work. */
  readonly tokens: Map<string, { isAlive: boolean; repositories: string[] | null; permissions: object | null }>;
  readonly deployKeys: Map<number, DeployKey>;
  /** The app's private key, PEM. */
  readonly appKey: string;
  isSuspended: boolean;
  /** Milliseconds since 1970, as GitHub sees it. */
  now: () => number;
  readonly addToken: (token: string) => void;
  readonly addDeployKey: (line: string, readOnly?: boolean) => DeployKey;
  readonly letsIn: (token: string) => boolean;
}

export const GITHUB_APP = '812345';
export const GITHUB_INSTALLATION = '45678901';
export const GITHUB_REPOSITORY = 'octo-org/shop';
export const GITHUB_ADMIN_TOKEN = 'github_pat_11AdminOfTheTests0123456789';

const KNOWN_REPOSITORIES = ['shop', 'website'];

/** Made once: it takes a while. */
const app = generateKeyPairSync('rsa', { modulusLength: 2048 });

export async function startGitHub(): Promise<GitHub> {
  const tokens: GitHub['tokens'] = new Map();
  const deployKeys: GitHub['deployKeys'] = new Map();
  let number = 7000;
  const addDeployKey = (line: string, readOnly = true, title = 'by hand'): DeployKey => {
    const key: DeployKey = { id: ++number, title, key: line, read_only: readOnly, last_used: null };
    deployKeys.set(key.id, key);
    return key;
  };
  const asApp = (sent: Sent): Answer | null => {
    const [head = '', claims = '', signature = ''] = sent.bearer.split('.');
    const isSigned = verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${claims}`),
      app.publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!isSigned) return problem(401, 'A JSON web token could not be decoded');
    const { iat, exp, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
      string,
      number | string
    >;
    const now = Math.floor(github.now() / 1000);
    if (Number(exp) > now + 600 || Number(exp) <= now)
      return problem(401, "'Expiration time' claim ('exp') is too far in the future");
    if (Number(iat) > now) return problem(401, "'Issued at' claim ('iat') must be an Integer representing the time");
    if (String(iss) !== GITHUB_APP) return problem(401, 'Integration not found');
    return null;
  };
  const installation = (sent: Sent): Answer => {
    const refused = asApp(sent);
    if (refused !== null) return refused;
    if (!sent.path.startsWith(`/app/installations/${GITHUB_INSTALLATION}`)) return problem(404, 'Not Found');
    if (sent.method === 'GET')
      return {
        status: 200,
        body: {
          id: Number(GITHUB_INSTALLATION),
          app_id: Number(GITHUB_APP),
          suspended_at: github.isSuspended ? iso(github.now()) : null,
        },
      };
    const { repositories = null, permissions = null } = (sent.body ?? {}) as {
      repositories?: string[];
      permissions?: object;
    };
    if (repositories?.some((name) => !KNOWN_REPOSITORIES.includes(name)) === true)
      return problem(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    const token = `ghs_${randomBytes(27).toString('base64url').replace(/[-_]/g, 'x')}`;
    tokens.set(token, { isAlive: true, repositories, permissions });
    const expires = iso(github.now() + 3_600_000);
    return {
      status: 201,
      body: {
        token,
        expires_at: expires,
        permissions,
        repository_selection: repositories === null ? 'all' : 'selected',
      },
      isNew: true,
    };
  };
  const keysOf = (sent: Sent): Answer => {
    if (sent.bearer !== GITHUB_ADMIN_TOKEN) return problem(401, 'Bad credentials');
    const [, , owner, name, , id] = sent.path.split('/');
    if (`${owner}/${name}` !== GITHUB_REPOSITORY) return problem(404, 'Not Found');
    if (id === undefined && sent.method === 'GET') {
      const size = Math.min(Number(sent.query.get('per_page') ?? 30), 100);
      const from = (Number(sent.query.get('page') ?? 1) - 1) * size;
      return { status: 200, body: [...deployKeys.values()].slice(from, from + size).map((key) => shown(key)) };
    }
    if (sent.method === 'POST') {
      const {
        title,
        key,
        read_only: readOnly = false,
      } = sent.body as { title: string; key: string; read_only?: boolean };
      const errors = { resource: 'PublicKey', code: 'custom', field: 'key' };
      if (!/^ssh-ed25519 [A-Za-z0-9+/]+=*$/.test(key))
        return problem(422, 'Validation Failed', [
          { ...errors, message: 'key is invalid. You must supply a key in OpenSSH public key format' },
        ]);
      if ([...deployKeys.values()].some((known) => known.key === key))
        return problem(422, 'Validation Failed', [{ ...errors, message: 'key is already in use' }]);
      return { status: 201, body: shown(addDeployKey(key, readOnly, title)), isNew: true };
    }
    const key = deployKeys.get(Number(id));
    if (key === undefined) return problem(404, 'Not Found');
    if (sent.method === 'GET') return { status: 200, body: shown(key) };
    deployKeys.delete(key.id);
    return { status: 204 };
  };
  const handle = (sent: Sent): Answer => {
    if ((sent.headers['user-agent'] ?? '') === '')
      return {
        status: 403,
        body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      };
    if (sent.path.startsWith('/app/installations/')) return installation(sent);
    if (sent.path === '/installation/token' && sent.method === 'DELETE') {
      const token = tokens.get(sent.bearer);
      if (token?.isAlive !== true) return problem(401, 'Bad credentials');
      token.isAlive = false;
      return { status: 204 };
    }
    if (/^\/repos\/[^/]+\/[^/]+\/keys(\/\d+)?$/.test(sent.path)) return keysOf(sent);
    return problem(404, 'Not Found');
  };
  const base = await startHttpFake(handle, () => ({
    ...problem(403, `API rate limit exceeded for installation ID ${GITHUB_INSTALLATION}.`),
    // In the past: it may be asked again at once.
    headers: {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000)),
    },
  }));
  const github: GitHub = Object.assign(base, {
    tokens,
    deployKeys,
    appKey: app.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    isSuspended: false,
    now: () => Date.now(),
    addToken: (token: string) => void tokens.set(token, { isAlive: true, repositories: null, permissions: null }),
    addDeployKey: (line: string, readOnly?: boolean) => addDeployKey(line, readOnly),
    letsIn: (token: string) => tokens.get(token)?.isAlive === true,
  });
  return github;
}

function shown(key: DeployKey): object {
  const url = `https://api.github.com/repos/${GITHUB_REPOSITORY}/keys/${key.id}`;
  return { ...key, url, verified: true, created_at: '2026-01-10T12:00:00Z', added_by: 'octocat', enabled: true };
}

function problem(status: number, message: string, errors?: object[]): Answer {
  const common = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
  return { status, body: errors === undefined ? common : { ...common, errors } };
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
