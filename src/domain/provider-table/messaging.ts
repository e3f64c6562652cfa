/** Mail, messages, telephony and chat. Bots often have one token only, which ends when the next one is made. */
import type { Provider } from '../provider-types.ts';
import { key, limitedToDays, limitedToKeys, named, none, shape, unlimited, vague } from '../provider-types.ts';

export const MESSAGING: readonly Provider[] = [
  {
    id: 'sendgrid',
    name: 'SendGrid',
    keysPage: 'https://app.sendgrid.com/settings/api_keys',
    names: /send_?grid/i,
    patterns: [key('SendGrid API key', 'SG.', '[\\w-]{16,32}\\.[\\w-]{16,64}')],
    overlap: limitedToKeys(100, 'An account has 100 API keys at most; a second one works beside the old one.'),
    howToRevoke: 'Settings, API Keys: delete the old key.',
  },
  {
    id: 'twilio',
    name: 'Twilio',
    keysPage: 'https://console.twilio.com/us1/account/keys-credentials/api-keys',
    names: /twilio/i,
    patterns: [
      key('Twilio API key SID', 'SK', '[0-9a-f]{32}'),
      key('Twilio account SID', 'AC', '[0-9a-f]{32}'),
      vague('Twilio auth token', /^[0-9a-f]{32}$/),
    ],
    overlap: unlimited(
      'API keys live side by side; an account has a primary and a secondary auth token, and promoting the second ends the first.',
    ),
    howToRevoke: 'Console, API keys & tokens: delete the old key, or promote the secondary auth token.',
  },
  {
    id: 'mailgun',
    name: 'Mailgun',
    keysPage: 'https://app.mailgun.com/settings/api_security',
    names: /mailgun/i,
    patterns: [
      key('Mailgun API key', 'key-', '[0-9a-f]{32}'),
      shape('Mailgun API key', /^[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}$/),
    ],
    overlap: unlimited('Several API keys can be active at once.'),
    howToRevoke: 'Account settings, API security: delete the old key.',
  },
  {
    id: 'postmark',
    name: 'Postmark',
    keysPage: 'https://account.postmarkapp.com/servers',
    names: /postmark/i,
    patterns: [vague('Postmark token', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)],
    overlap: limitedToKeys(3, 'Up to three tokens at once: with three in use, one has to be deleted first.'),
    howToRevoke: 'The server (or the account), API Tokens: delete the old token.',
  },
  {
    id: 'mailchimp',
    name: 'Mailchimp',
    keysPage: 'https://admin.mailchimp.com/account/api/',
    names: named('mailchimp', 'mandrill'),
    patterns: [shape('Mailchimp API key', /^[0-9a-f]{32}-us[0-9]{1,2}$/)],
    overlap: unlimited('Several API keys can be active at once.'),
    howToRevoke: 'Account, Extras, API keys: revoke the old key.',
  },
  {
    id: 'resend',
    name: 'Resend',
    keysPage: 'https://resend.com/api-keys',
    names: named('resend'),
    patterns: [key('Resend API key', 're_', '[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}')],
    overlap: unlimited('A second key works beside the old one.'),
    howToRevoke: 'API Keys: delete the old key.',
  },
  {
    id: 'brevo',
    name: 'Brevo',
    keysPage: 'https://app.brevo.com/settings/keys/api',
    names: named('brevo', 'sendinblue'),
    patterns: [
      key('Brevo API key', 'xkeysib-', '[a-f0-9]{64}-[A-Za-z0-9]{16}'),
      key('Brevo SMTP key', 'xsmtpsib-', '[a-f0-9]{64}-[A-Za-z0-9]{16}'),
    ],
    overlap: unlimited('A second key works beside the old one.'),
    howToRevoke: 'Settings, SMTP & API: delete the old key.',
  },
  {
    id: 'slack',
    name: 'Slack',
    keysPage: 'https://api.slack.com/apps',
    names: /slack/i,
    patterns: [
      key('Slack bot token', 'xoxb-', '[A-Za-z0-9-]{10,}'),
      key('Slack user token', 'xoxp-', '[A-Za-z0-9-]{10,}'),
      key('Slack app-level token', 'xapp-', '[A-Za-z0-9-]{10,}'),
      key('Slack configuration token', 'xoxe.xox', '[bp]-[A-Za-z0-9-]{10,}'),
      key('Slack refresh token', 'xoxe-', '[A-Za-z0-9-]{10,}'),
      key('Slack workspace token', 'xoxa-', '[A-Za-z0-9-]{10,}'),
      key('Slack legacy token', 'xoxs-', '[A-Za-z0-9-]{10,}'),
      key('Slack webhook URL', 'https://hooks.slack.com/services/', '[A-Za-z0-9/]{10,}'),
      key('Slack workflow URL', 'https://hooks.slack.com/workflows/', '[A-Za-z0-9/]{10,}'),
      key('Slack trigger URL', 'https://hooks.slack.com/triggers/', '[A-Za-z0-9/]{10,}'),
    ],
    overlap: none(
      'An app has one bot token in a workspace: a new one is made by revoking the old one and installing again. Webhooks and app-level tokens live side by side.',
    ),
    howToRevoke:
      'The app, OAuth & Permissions, "Revoke tokens" (or Incoming Webhooks: remove the old one), or the method auth.revoke.',
  },
  {
    id: 'discord',
    name: 'Discord',
    keysPage: 'https://discord.com/developers/applications',
    names: /discord/i,
    patterns: [
      shape('Discord bot token', /^[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}$/),
      key('Discord webhook URL', 'https://discord.com/api/webhooks/', '[0-9]{15,22}/[\\w-]{40,90}'),
      key('Discord webhook URL', 'https://discordapp.com/api/webhooks/', '[0-9]{15,22}/[\\w-]{40,90}'),
    ],
    overlap: none('A bot has one token: resetting it ends the old one at once. Webhooks live side by side.'),
    howToRevoke:
      'Making the new token with "Reset Token" has ended the old one; a webhook is deleted in the settings of its channel.',
  },
  {
    id: 'telegram',
    name: 'Telegram',
    keysPage: 'https://t.me/BotFather',
    names: /telegram/i,
    patterns: [shape('Telegram bot token', /^[0-9]{8,10}:[A-Za-z0-9_-]{35}$/)],
    overlap: none('A bot has one token: /revoke at BotFather makes the new one and ends the old one at once.'),
    howToRevoke: 'Making the new token with /revoke at BotFather has ended the old one.',
  },
  {
    id: 'meta',
    name: 'Meta',
    keysPage: 'https://developers.facebook.com/apps/',
    names: named('facebook', 'whatsapp', 'instagram'),
    patterns: [key('Meta access token', 'EAA', '[A-Za-z0-9]{80,}')],
    overlap: limitedToDays(
      60,
      'Long-lived tokens live side by side and expire after about 60 days; an app has one secret, and resetting it ends the old one.',
    ),
    howToRevoke: null,
  },
];
