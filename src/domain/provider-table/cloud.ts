/** Where programs run: clouds, platforms, content networks. */
import type { Provider } from '../provider-types.ts';
import { key, limitedToKeys, named, shape, unlimited, vague } from '../provider-types.ts';

export const CLOUD: readonly Provider[] = [
  {
    id: 'aws',
    name: 'AWS',
    keysPage: 'https://console.aws.amazon.com/iam/home#/security_credentials',
    names: named('aws', 'amazon', 's3', 'ses'),
    patterns: [
      key('AWS access key id', 'AKIA', '[A-Z0-9]{16}'),
      key('AWS temporary access key id', 'ASIA', '[A-Z0-9]{16}'),
      vague('AWS secret access key', /^[A-Za-z0-9/+]{40}$/),
    ],
    overlap: limitedToKeys(
      2,
      'An IAM user has two access keys at most, so a second one has to be free; id and secret rotate together.',
    ),
    howToRevoke: 'IAM, Users, the user, Security credentials: deactivate the old access key, then delete it.',
  },
  {
    id: 'google',
    name: 'Google Cloud',
    keysPage: 'https://console.cloud.google.com/apis/credentials',
    names: named('google', 'gcp', 'gcloud', 'firebase', 'youtube', 'gmail', 'gemini'),
    patterns: [
      shape('Google service account key', /^\{[^]*"type"\s*:\s*"service_account"/),
      key('Google API key', 'AIza', '[\\w-]{35}'),
      key('Google OAuth client secret', 'GOCSPX-', '[\\w-]{28}'),
      key('Google OAuth access token', 'ya29.', '[\\w.-]{20,}'),
    ],
    overlap: limitedToKeys(
      10,
      'A service account has ten keys at most; API keys have no such limit, and an OAuth client can have a second secret.',
    ),
    howToRevoke:
      'Cloud console, APIs & Services, Credentials; for a service account IAM & Admin, Service accounts, Keys: delete the old key.',
  },
  {
    id: 'azure',
    name: 'Azure',
    keysPage: 'https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
    names: named('azure', 'entra', 'microsoft'),
    patterns: [
      shape(
        'Azure storage connection string',
        /^DefaultEndpointsProtocol=https?;AccountName=[^;]+;AccountKey=[A-Za-z0-9+/=]+/,
      ),
      shape('Microsoft Entra client secret', /^[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}$/),
      vague('Azure storage account key', /^[A-Za-z0-9+/]{86}==$/),
    ],
    overlap: unlimited(
      'An app registration can have several client secrets; storage accounts and most services have exactly two keys.',
    ),
    howToRevoke:
      'Entra ID, App registrations, Certificates & secrets: delete the old secret; for a service, regenerate the key no longer used.',
  },
  {
    id: 'cloudflare',
    name: 'Cloudflare',
    keysPage: 'https://dash.cloudflare.com/profile/api-tokens',
    names: named('cloudflare', 'cf'),
    patterns: [
      key('Cloudflare user API token', 'cfut_', '[A-Za-z0-9_-]{40,60}'),
      key('Cloudflare account API token', 'cfat_', '[A-Za-z0-9_-]{40,60}'),
      key('Cloudflare global API key', 'cfk_', '[A-Za-z0-9_-]{40,60}'),
      key('Cloudflare origin CA key', 'v1.0-', '[0-9a-f]{24}-[0-9a-f]{146}'),
    ],
    overlap: unlimited(
      'A second token works beside the old one; rolling a token ends its old value at once, so make a new token instead.',
    ),
    howToRevoke: 'Dashboard, My Profile (or Manage Account), API Tokens: delete the old token.',
  },
  {
    id: 'digitalocean',
    name: 'DigitalOcean',
    keysPage: 'https://cloud.digitalocean.com/account/api/tokens',
    names: named('digitalocean', 'digital_ocean', 'do_token'),
    patterns: [
      key('DigitalOcean personal access token', 'dop_v1_', '[a-f0-9]{64}'),
      key('DigitalOcean OAuth token', 'doo_v1_', '[a-f0-9]{64}'),
      key('DigitalOcean refresh token', 'dor_v1_', '[a-f0-9]{64}'),
    ],
    overlap: unlimited('A second token works beside the old one; regenerating a token ends its old value at once.'),
    howToRevoke: 'Control panel, API, Tokens: delete the old token.',
  },
  {
    id: 'heroku',
    name: 'Heroku',
    keysPage: 'https://dashboard.heroku.com/account/applications',
    names: /heroku/i,
    patterns: [key('Heroku API key', 'HRKU-', '[\\w-]{36,80}')],
    overlap: unlimited(
      'Authorizations made with `heroku authorizations:create` live side by side; the one account API key has no overlap.',
    ),
    howToRevoke: '`heroku authorizations:revoke ID`, or Dashboard, Account settings, Applications.',
  },
  {
    id: 'vercel',
    name: 'Vercel',
    keysPage: 'https://vercel.com/account/tokens',
    names: /vercel/i,
    patterns: [],
    overlap: unlimited('A second token works beside the old one.'),
    howToRevoke: 'Account settings, Tokens: delete the old token.',
  },
  {
    id: 'netlify',
    name: 'Netlify',
    keysPage: 'https://app.netlify.com/user/applications#personal-access-tokens',
    names: /netlify/i,
    patterns: [key('Netlify personal access token', 'nfp_', '[A-Za-z0-9]{30,60}')],
    overlap: unlimited('A second token works beside the old one.'),
    howToRevoke: 'User settings, Applications, Personal access tokens: delete the old token.',
  },
  {
    id: 'fastly',
    name: 'Fastly',
    keysPage: 'https://manage.fastly.com/account/personal/tokens',
    names: /fastly/i,
    patterns: [],
    overlap: unlimited('A second API token works beside the old one.'),
    howToRevoke: 'Account, API tokens: delete the old token.',
  },
  {
    id: 'flyio',
    name: 'Fly.io',
    keysPage: 'https://fly.io/dashboard/personal/tokens',
    names: named('fly', 'flyio', 'fly_io'),
    patterns: [
      key('Fly.io token', 'FlyV1 ', '[A-Za-z0-9+/=_,-]{20,}'),
      key('Fly.io access token', 'fo1_', '[\\w-]{43}'),
    ],
    overlap: unlimited('A second token works beside the old one.'),
    howToRevoke: '`fly tokens revoke ID`.',
  },
  {
    id: 'render',
    name: 'Render',
    keysPage: 'https://dashboard.render.com/u/settings#api-keys',
    names: named('render'),
    patterns: [key('Render API key', 'rnd_', '[A-Za-z0-9]{20,40}')],
    overlap: unlimited('A second key works beside the old one.'),
    howToRevoke: 'Account settings, API keys: revoke the old key.',
  },
];
