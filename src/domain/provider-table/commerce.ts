/** Payments, shops and sign-in. Most of their keys say in the prefix whether they move real money. */
import type { Provider } from '../provider-types.ts';
import { key, limitedToDays, named, unknown, unlimited, vague } from '../provider-types.ts';

const WORD = '[A-Za-z0-9_]{4,}';

export const COMMERCE: readonly Provider[] = [
  {
    id: 'stripe',
    name: 'Stripe',
    keysPage: 'https://dashboard.stripe.com/apikeys',
    names: /stripe/i,
    patterns: [
      key('Stripe live key', 'sk_live_', WORD, 'live'),
      key('Stripe test key', 'sk_test_', WORD, 'test'),
      key('Stripe live restricted key', 'rk_live_', WORD, 'live'),
      key('Stripe test restricted key', 'rk_test_', WORD, 'test'),
      key('Stripe live publishable key', 'pk_live_', WORD, 'live'),
      key('Stripe test publishable key', 'pk_test_', WORD, 'test'),
      key('Stripe webhook signing secret', 'whsec_', '[A-Za-z0-9+/=_-]{16,}'),
    ],
    overlap: limitedToDays(
      7,
      'Rotating a key in the dashboard lets the old one expire at once or within 7 days; a second restricted key has no such limit.',
    ),
    howToRevoke: 'Dashboard, Developers, API keys: the menu beside the old key, then "Expire key" or "Delete key".',
  },
  {
    id: 'paystack',
    name: 'Paystack',
    keysPage: 'https://dashboard.paystack.com/#/settings/developers',
    names: /paystack/i,
    patterns: [
      key('Paystack live key', 'sk_live_', '[0-9a-f]{40}', 'live'),
      key('Paystack test key', 'sk_test_', '[0-9a-f]{40}', 'test'),
    ],
    overlap: unknown('Check in the settings how long the old key works after a new one is made.'),
    howToRevoke: null,
  },
  {
    id: 'clerk',
    name: 'Clerk',
    keysPage: 'https://dashboard.clerk.com/last-active?path=api-keys',
    names: /clerk/i,
    patterns: [
      key('Clerk live key', 'sk_live_', WORD, 'live'),
      key('Clerk test key', 'sk_test_', WORD, 'test'),
      key('Clerk live publishable key', 'pk_live_', '[A-Za-z0-9+/=_-]{4,}', 'live'),
      key('Clerk test publishable key', 'pk_test_', '[A-Za-z0-9+/=_-]{4,}', 'test'),
    ],
    overlap: unlimited('A second secret key works beside the old one.'),
    howToRevoke: 'Dashboard, API keys: delete the old secret key.',
  },
  {
    id: 'square',
    name: 'Square',
    keysPage: 'https://developer.squareup.com/apps',
    names: named('square', 'squareup'),
    patterns: [
      key('Square sandbox application secret', 'sandbox-sq0csb-', '[\\w-]{20,}', 'test'),
      key('Square sandbox application id', 'sandbox-sq0idb-', '[\\w-]{20,}', 'test'),
      key('Square production application secret', 'sq0csp-', '[\\w-]{20,}', 'live'),
      key('Square production application id', 'sq0idp-', '[\\w-]{20,}', 'live'),
      key('Square access token', 'sq0atp-', '[\\w-]{20,}'),
      key('Square access token', 'EAAA', '[\\w-]{56,64}'),
    ],
    overlap: unknown('Check in the Developer Console how long the old access token works after it is replaced.'),
    howToRevoke:
      'Developer Console, the application, Credentials: replace the access token, or revoke it by the OAuth API.',
  },
  {
    id: 'shopify',
    name: 'Shopify',
    keysPage: 'https://dev.shopify.com/dashboard',
    names: /shopify/i,
    patterns: [
      key('Shopify access token', 'shpat_', '[A-Za-z0-9]{16,}'),
      key('Shopify custom app token', 'shpca_', '[A-Za-z0-9]{16,}'),
      key('Shopify private app token', 'shppa_', '[A-Za-z0-9]{16,}'),
      key('Shopify app secret', 'shpss_', '[A-Za-z0-9]{16,}'),
    ],
    overlap: unlimited(
      'A rotated client secret works beside the old one until that is revoked; webhooks may be signed with either meanwhile.',
    ),
    howToRevoke: 'Dev Dashboard, the app, Settings: revoke the old client secret.',
  },
  {
    id: 'paddle',
    name: 'Paddle',
    keysPage: 'https://vendors.paddle.com/authentication-v2',
    names: /paddle/i,
    patterns: [
      key('Paddle live key', 'pdl_live_', '[A-Za-z0-9_]{16,}', 'live'),
      key('Paddle sandbox key', 'pdl_sdbx_', '[A-Za-z0-9_]{16,}', 'test'),
    ],
    overlap: unlimited('Several keys can be active at once; make the new one before revoking the old one.'),
    howToRevoke: 'Paddle, Developer tools, Authentication: revoke the old key.',
  },
  {
    id: 'braintree',
    name: 'Braintree',
    keysPage: null,
    names: /braintree/i,
    patterns: [
      key('Braintree production access token', 'access_token$production$', '[a-z0-9]{8,32}\\$[a-f0-9]{32}', 'live'),
      key('Braintree sandbox access token', 'access_token$sandbox$', '[a-z0-9]{8,32}\\$[a-f0-9]{32}', 'test'),
    ],
    overlap: unlimited('Several API keys can be active at once.'),
    howToRevoke: null,
  },
  {
    id: 'razorpay',
    name: 'Razorpay',
    keysPage: 'https://dashboard.razorpay.com/app/website-app-settings/api-keys',
    names: /razorpay/i,
    patterns: [
      key('Razorpay live key id', 'rzp_live_', '[A-Za-z0-9]{4,}', 'live'),
      key('Razorpay test key id', 'rzp_test_', '[A-Za-z0-9]{4,}', 'test'),
    ],
    overlap: limitedToDays(1, 'Regenerating a key ends the old one at once or after 24 hours.'),
    howToRevoke: null,
  },
  {
    id: 'plaid',
    name: 'Plaid',
    keysPage: 'https://dashboard.plaid.com/developers/keys',
    names: /plaid/i,
    patterns: [
      key('Plaid production access token', 'access-production-', '[0-9a-f-]{36}', 'live'),
      key('Plaid sandbox access token', 'access-sandbox-', '[0-9a-f-]{36}', 'test'),
    ],
    overlap: unlimited('A rotated secret works beside the old one until that is deleted.'),
    howToRevoke: 'Dashboard, Developers, Keys: delete the old secret.',
  },
  {
    id: 'mollie',
    name: 'Mollie',
    keysPage: 'https://my.mollie.com/dashboard/developers/api-keys',
    names: /mollie/i,
    patterns: [
      key('Mollie live key', 'live_', '[A-Za-z0-9]{30}', 'live'),
      key('Mollie test key', 'test_', '[A-Za-z0-9]{30}', 'test'),
    ],
    overlap: unknown('Check in the dashboard how long the old key works after a reset.'),
    howToRevoke: null,
  },
  {
    id: 'shippo',
    name: 'Shippo',
    keysPage: 'https://apps.goshippo.com/settings/api',
    names: /shippo/i,
    patterns: [
      key('Shippo live token', 'shippo_live_', '[A-Za-z0-9]{16,}', 'live'),
      key('Shippo test token', 'shippo_test_', '[A-Za-z0-9]{16,}', 'test'),
    ],
    overlap: unknown('Check in the settings whether a second live token can be made.'),
    howToRevoke: null,
  },
  {
    id: 'easypost',
    name: 'EasyPost',
    keysPage: 'https://www.easypost.com/account/api-keys',
    names: /easypost/i,
    patterns: [
      key('EasyPost production key', 'EZAK', '[A-Za-z0-9]{54}', 'live'),
      key('EasyPost test key', 'EZTK', '[A-Za-z0-9]{54}', 'test'),
    ],
    overlap: unknown('Check on the keys page whether a second production key can be made.'),
    howToRevoke: null,
  },
  {
    id: 'algolia',
    name: 'Algolia',
    keysPage: 'https://dashboard.algolia.com/account/api-keys',
    names: /algolia/i,
    patterns: [vague('Algolia key', /^[0-9a-f]{32}$/)],
    overlap: unlimited(
      'Any number of keys can be made; there is only one admin key, and regenerating it ends the old one.',
    ),
    howToRevoke: 'Dashboard, Settings, API keys: delete the old key.',
  },
];
