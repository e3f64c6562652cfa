import { describe, expect, test } from 'vitest';
import {
  PROVIDERS,
  describeValue,
  literalCredential,
  providerForName,
  recognise,
  wrongEnvironment,
} from '../../src/domain/providers.ts';

/** Made of pieces, so that no scanner takes this file's examples for credentials. */
const made = (...pieces: string[]): string => pieces.join('');
const hex = (length: number): string => '0123456789abcdef'.repeat(12).slice(0, length);
const word = (length: number): string => 'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8'.repeat(6).slice(0, length);

describe('the table', () => {
  test('has unique ids, https pages and a note for each', () => {
    expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length);
    for (const { id, keysPage, overlap, patterns } of PROVIDERS) {
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      if (keysPage !== null) expect(new URL(keysPage).protocol).toBe('https:');
      expect(overlap.note).toMatch(/\.$/);
      expect(overlap.kind === 'limited').toBe(overlap.days !== null || (overlap.keys !== null && overlap.keys > 1));
      for (const { prefix, regex } of patterns) {
        expect(regex.flags).toBe('');
        expect(regex.source.startsWith('^')).toBe(true);
        if (prefix !== null) expect(prefix.length).toBeGreaterThan(1);
      }
    }
  });

  test.each([
    'Stripe',
    'SendGrid',
    'GitHub',
    'GitLab',
    'AWS',
    'OpenAI',
    'Anthropic',
    'Slack',
    'Twilio',
    'Google Cloud',
    'Azure',
    'Cloudflare',
    'DigitalOcean',
    'Datadog',
    'npm',
    'PyPI',
    'Mailgun',
    'Postmark',
    'Heroku',
    'Vercel',
    'Netlify',
    'Square',
    'Shopify',
    'Discord',
    'Telegram',
    'Linear',
    'Notion',
    'Sentry',
    'Grafana',
    'Hugging Face',
    'Databricks',
    'Docker Hub',
    'Supabase',
    'PlanetScale',
    'New Relic',
    'Fastly',
    'Algolia',
  ])('knows %s', (name) => expect(PROVIDERS.map((provider) => provider.name)).toContain(name));
});

test.each([
  ['stripe_api_key', 'stripe'],
  ['STRIPE_KEY_V2', 'stripe'],
  ['stripe_production_api_key', 'stripe'],
  ['aws_secret_access_key', 'aws'],
  ['awsSecretAccessKey', 'aws'],
  ['AWS_ACCESS_KEY_ID', 'aws'],
  ['gh_token', 'github'],
  ['GitHubToken', 'github'],
  ['SENDGRID_API_KEY', 'sendgrid'],
  ['openai.key', 'openai'],
  ['laws_of_nature', null],
  ['highlight', null],
  ['session_secret', null],
  ['database_url', null],
])('the name %s is of %s', (name, id) => expect(providerForName(name)?.id ?? null).toBe(id));

test.each([
  [made('sk_', 'live_', word(24)), 'Stripe live key', 'live'],
  [made('sk_', 'test_', word(99)), 'Stripe test key', 'test'],
  [made('sk_', 'live_', 'x'), 'Stripe live key', 'live'],
  [made('sk_', 'live_', 'new-format.$&'), 'Stripe live key', 'live'],
  [made(' rk_', 'test_', word(24), '\n'), 'Stripe test restricted key', 'test'],
  [made('pk_', 'live_', word(24)), 'Stripe live publishable key', 'live'],
  [made('rzp_', 'test_', word(14)), 'Razorpay test key id', 'test'],
  [made('access_token$', 'production$', hex(16), '$', hex(32)), 'Braintree production access token', 'live'],
  [made('SG.', word(22), '.', word(43)), 'SendGrid API key', null],
  [made('ghp_', word(36)), 'GitHub personal access token (classic)', null],
  [made('github_', 'pat_', word(22), '_', word(59)), 'GitHub fine-grained token', null],
  [made('ghs_', word(36)), 'GitHub app installation token', null],
  [made('glpat-', word(20)), 'GitLab access token', null],
  [made('AKIA', 'IOSFODNN7EXAMPLE'), 'AWS access key id', null],
  [made('sk-', 'ant-api03-', word(90)), 'Anthropic API key', null],
  [made('sk-', 'proj-', word(90)), 'OpenAI project key', null],
  [made('xoxb-', '123456789012-', word(24)), 'Slack bot token', null],
  [made('https://hooks.slack', '.com/services/T00000000/B00000000/', word(24)), 'Slack webhook URL', null],
  [made('AIza', word(35)), 'Google API key', null],
  [made('{"project_id": "p", "type" : "service_', 'account"}'), 'Google service account key', null],
  [made('npm_', word(36)), 'npm access token', null],
  [made('dop_', 'v1_', hex(64)), 'DigitalOcean personal access token', null],
  [made('123456789', ':', word(35)), 'Telegram bot token', null],
  [made('hf_', word(34)), 'Hugging Face token', null],
])('recognises %#', (value, label, mode) => {
  expect(recognise(value)).toMatchObject({ label, mode });
});

test.each([
  '',
  'x',
  'hunter2',
  'sk_live_',
  'test_database',
  'live_users',
  'skeleton',
  'sk_live_ is how live keys begin',
  'npm_config',
  'SG.a.b',
  'EAAA',
  hex(32),
  hex(40),
  word(40),
  'eu-central-1',
  'AKIA',
  '0192f0c1-0000-7000-8000-000000000000',
])('does not recognise %j', (value) => expect(recognise(value)).toBeNull());

test('a name tells what a vague shape is', () => {
  expect(recognise(hex(32), 'datadog_api_key')).toMatchObject({ label: 'Datadog API key' });
  expect(recognise(hex(32), 'algolia_admin')).toMatchObject({ label: 'Algolia key' });
  expect(recognise(word(40), 'AWS_SECRET_ACCESS_KEY')).toMatchObject({ label: 'AWS secret access key' });
  expect(recognise(made('sk_', 'live_', hex(40)), 'paystack_key')).toMatchObject({ label: 'Paystack live key' });
  expect(recognise(made('sk_', 'live_', hex(40)), 'aws_key')).toMatchObject({ label: 'Stripe live key' });
});

test.each([
  ['live', true, false],
  ['live', false, true],
  ['test', true, true],
  ['test', false, false],
  [null, true, false],
  [null, false, false],
] as const)('%s in production %s is wrong: %s', (mode, isProduction, isWrong) => {
  expect(wrongEnvironment(mode, isProduction)).toBe(isWrong);
});

describe('describeValue', () => {
  const pem = (label: string): string =>
    `-----BEGIN ${label}-----\n${`${word(64)}\n`.repeat(26)}-----END ${label}-----\n`;
  test.each([
    [made('sk_', 'live_', word(99)), '107 bytes, looks like a Stripe live key'],
    ['x', '1 byte'],
    ['hunter2', '7 bytes'],
    ['ääää', '8 bytes'],
    [pem('PRIVATE KEY'), '1,744 bytes, 28 lines, looks like a PEM private key'],
    [pem('RSA PRIVATE KEY'), '1,752 bytes, 28 lines, looks like a PEM private key'],
    [pem('CERTIFICATE'), '1,744 bytes, 28 lines, looks like a PEM certificate'],
    [made('AKIA', 'IOSFODNN7EXAMPLE'), '20 bytes, looks like an AWS access key id'],
    [made('npm_', word(36)), '40 bytes, looks like an npm access token'],
    ['{"a":1}', '7 bytes, looks like a JSON object'],
    ['[1]', '3 bytes, looks like a JSON array'],
    ['{not json', '9 bytes'],
    ['postgres://app:pw@db/x', '22 bytes, looks like a URL with a password'],
    ['https://example.com/a:b@c', '25 bytes, looks like a URL'],
    ['0192f0c1-0000-7000-8000-000000000000', '36 bytes, looks like a UUID'],
    ['eyJhbGciOiJI.eyJzdWIiOiIx.c2ln', '30 bytes, looks like a JSON Web Token'],
    ['secret-1\n', '9 bytes, ends with a newline'],
    [' secret-1', '9 bytes, has blanks around it'],
    ['secret-1 \r\n', '11 bytes, ends with a newline, has blanks around it'],
    ['secret-1\r\n', '10 bytes, ends with a newline'],
    ['"secret"', '8 bytes, has quotes around it'],
    [' \n', '2 bytes, nothing but blanks'],
    ['a\0b', '3 bytes, holds a NUL byte'],
    ['a\u001bb', '3 bytes, holds control characters'],
    ['secret\u200b', '9 bytes, holds invisible characters'],
    ['changeme', '8 bytes, looks like a placeholder, not a value'],
    ['{{secret:other}}', '16 bytes, looks like a placeholder, not a value'],
  ])('%#', (value, words) => expect(describeValue(Buffer.from(value))).toBe(words));

  test('bytes that are no text, and a name that helps', () => {
    expect(describeValue(Uint8Array.of(0xff, 0xfe, 0))).toBe('3 bytes, not UTF-8 text');
    expect(describeValue(Buffer.from(hex(32)), 'datadog_api_key')).toBe('32 bytes, looks like a Datadog API key');
    expect(describeValue(new Uint8Array(1_048_576).fill(0x61))).toBe('1,048,576 bytes');
  });
});

describe('literalCredential', () => {
  test.each([
    [made('Authorization: Bearer sk_', 'live_', word(24)), 'a Stripe live key'],
    [made('sk_', 'test_', 'abc123'), 'a Stripe test key'],
    [made('https://api.example.com/?key=ghp_', word(36)), 'a GitHub personal access token (classic)'],
    [made("curl -H 'X: AKIA", "IOSFODNN7EXAMPLE'"), 'an AWS access key id'],
    [made('xoxb-', '123456789012-', word(24)), 'a Slack bot token'],
    [made('-----BEGIN RSA ', 'PRIVATE KEY-----'), 'a private key'],
    ['Authorization: Bearer eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0', 'a JSON Web Token'],
    ['https://user:pass@host/', 'a password in a URL'],
    ['see postgres://app:s3cret@db:5432/x?y=z now', 'a password in a URL'],
    ['redis://:pass@host', 'a password in a URL'],
    ['https://{{secret:user}}:pass@host', 'a password in a URL'],
    ['postgres://app:s3/cret@db/x', 'a password in a URL'],
    ['ssh://git:pw@host/x', 'a password in a URL'],
    ['https://token@host/', 'user information in a URL'],
    ['https://token:@host/', 'user information in a URL'],
    ['https://a.example https://user:pa$$word@host', 'a password in a URL'],
  ])('%#: finds it', (text, found) => expect(literalCredential(text)).toBe(found));

  test.each([
    '',
    'https://example.com/path?x=1#y',
    'https://example.com:8443/@scope/name',
    'http://[::1]:80/a@b',
    'Authorization: Bearer {{secret:stripe_api_key}}',
    '{{secret:sk_live_key_of_stripe}}',
    '{{ secret:db_url@current | url }}',
    'https://user:{{secret:pw}}@host',
    'https://{{secret:user}}:{{ secret:pw|url }}@host',
    'https://{{secret:token}}@host/',
    'https://deploy:$TOKEN@host/',
    'https://deploy:${TOKEN}@host/',
    'https://deploy:$(cat token)@host/',
    'ssh://git@github.com/a/b',
    'git@github.com:a/b.git',
    'mail someone@example.com about https://example.com',
    'kubectl rollout restart deploy/app',
    'risk_live_update',
    'the key begins with sk_live_',
  ])('%#: nothing in %j', (text) => expect(literalCredential(text)).toBeNull());
});

test('1 MiB of adversarial text is passed over in linear time', () => {
  const size = 1_048_576;
  const pieces = PROVIDERS.flatMap(({ patterns }) => patterns.map(({ prefix }) => prefix ?? '')).filter(
    (p) => p !== '',
  );
  const texts = [
    ...[
      'a',
      '0',
      '-',
      '_',
      '.',
      ' ',
      '\n',
      '{',
      '{{',
      '{{secret:',
      '://',
      'a:',
      '@',
      'a://b:c/',
      '-----BEGIN ',
      'eyJ',
      '%',
      '"type"',
    ].map((unit) => unit.repeat(size / unit.length)),
    `eyJ${'a'.repeat(size)}`,
    `SG.${'a'.repeat(size)}`,
    `{"type"${' '.repeat(size)}`,
    `https://${'a:'.repeat(size / 2)}`,
    pieces.join(''),
    pieces.join('').repeat(20),
    pieces.map((piece) => piece + word(150)).join(' '),
    ...pieces.map((piece) => piece + 'a'.repeat(100_000) + '!'),
  ];
  for (const text of texts) {
    recognise(text);
    recognise(text, 'datadog_api_key');
    describeValue(Buffer.from(text));
    // A pattern that tries again from each place would not come to this line before the suite's own limit.
    expect(literalCredential(text) ?? null).toBeDefined();
  }
}, 60_000);
