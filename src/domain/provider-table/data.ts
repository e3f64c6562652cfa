/** Databases, models and documents. */
import type { Provider } from '../provider-types.ts';
import { key, named, shape, unlimited } from '../provider-types.ts';

const SECOND_KEY = unlimited('A second key works beside the old one.');

export const DATA: readonly Provider[] = [
  {
    id: 'anthropic',
    name: 'Anthropic',
    keysPage: 'https://console.anthropic.com/settings/keys',
    names: named('anthropic', 'claude'),
    patterns: [
      key('Anthropic admin key', 'sk-ant-admin', '[\\w-]{16,}'),
      key('Anthropic API key', 'sk-ant-', '[\\w-]{16,}'),
    ],
    overlap: SECOND_KEY,
    howToRevoke: 'Console, API keys: disable the old key, then delete it.',
  },
  {
    id: 'openrouter',
    name: 'OpenRouter',
    keysPage: 'https://openrouter.ai/settings/keys',
    names: /open_?router/i,
    patterns: [key('OpenRouter API key', 'sk-or-v1-', '[0-9a-f]{64}')],
    overlap: SECOND_KEY,
    howToRevoke: 'Settings, Keys: delete the old key.',
  },
  {
    id: 'openai',
    name: 'OpenAI',
    keysPage: 'https://platform.openai.com/api-keys',
    names: /open_?ai/i,
    patterns: [
      key('OpenAI project key', 'sk-proj-', '[\\w-]{16,}'),
      key('OpenAI service account key', 'sk-svcacct-', '[\\w-]{16,}'),
      key('OpenAI admin key', 'sk-admin-', '[\\w-]{16,}'),
      key('OpenAI API key', 'sk-', '[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}'),
    ],
    overlap: SECOND_KEY,
    howToRevoke: 'Platform, API keys: revoke the old key.',
  },
  {
    id: 'huggingface',
    name: 'Hugging Face',
    keysPage: 'https://huggingface.co/settings/tokens',
    names: named('huggingface', 'hugging_face', 'hf'),
    patterns: [
      key('Hugging Face token', 'hf_', '[A-Za-z0-9]{34,40}'),
      key('Hugging Face organization token', 'api_org_', '[A-Za-z0-9]{34}'),
    ],
    overlap: unlimited('A second token works beside the old one; "invalidate and refresh" ends the old value at once.'),
    howToRevoke: 'Settings, Access Tokens: delete the old token.',
  },
  {
    id: 'groq',
    name: 'Groq',
    keysPage: 'https://console.groq.com/keys',
    names: named('groq'),
    patterns: [key('Groq API key', 'gsk_', '[A-Za-z0-9]{52}')],
    overlap: SECOND_KEY,
    howToRevoke: 'Console, API keys: delete the old key.',
  },
  {
    id: 'replicate',
    name: 'Replicate',
    keysPage: 'https://replicate.com/account/api-tokens',
    names: named('replicate'),
    patterns: [key('Replicate API token', 'r8_', '[A-Za-z0-9]{37}')],
    overlap: SECOND_KEY,
    howToRevoke: 'Account, API tokens: disable the old token.',
  },
  {
    id: 'databricks',
    name: 'Databricks',
    keysPage: null,
    names: /databricks/i,
    patterns: [
      key('Databricks personal access token', 'dapi', '[a-f0-9]{32}(?:-[0-9])?'),
      key('Databricks OAuth secret', 'dose', '[a-f0-9]{32}'),
    ],
    overlap: unlimited('A second token works beside the old one; a service principal has up to five OAuth secrets.'),
    howToRevoke: 'Workspace, Settings, Developer, Access tokens: revoke the old token.',
  },
  {
    id: 'supabase',
    name: 'Supabase',
    keysPage: 'https://supabase.com/dashboard/project/_/settings/api-keys',
    names: /supabase/i,
    patterns: [
      key('Supabase secret key', 'sb_secret_', '[\\w-]{20,}'),
      key('Supabase publishable key', 'sb_publishable_', '[\\w-]{20,}'),
      key('Supabase personal access token', 'sbp_', '[a-f0-9]{40}'),
    ],
    overlap: unlimited(
      'Secret keys live side by side; the older anon and service_role keys end all at once, when the JWT secret is changed.',
    ),
    howToRevoke: 'Project settings, API keys: delete the old secret key.',
  },
  {
    id: 'planetscale',
    name: 'PlanetScale',
    keysPage: 'https://app.planetscale.com/',
    names: named('planetscale', 'pscale'),
    patterns: [
      key('PlanetScale password', 'pscale_pw_', '[\\w.=-]{20,}'),
      key('PlanetScale service token', 'pscale_tkn_', '[\\w.=-]{20,}'),
      key('PlanetScale OAuth token', 'pscale_oauth_', '[\\w.=-]{20,}'),
    ],
    overlap: unlimited('A branch can have several passwords, and an organization several service tokens.'),
    howToRevoke: 'The database, Settings, Passwords (or Organization settings, Service tokens): delete the old one.',
  },
  {
    id: 'notion',
    name: 'Notion',
    keysPage: 'https://www.notion.so/profile/integrations',
    names: named('notion'),
    patterns: [
      key('Notion integration token', 'ntn_', '[A-Za-z0-9]{40,60}'),
      key('Notion integration token', 'secret_', '[A-Za-z0-9]{43}'),
    ],
    overlap: {
      kind: 'none',
      days: null,
      keys: 1,
      note: 'An integration has one secret, and refreshing it ends the old one; a second integration, given the same pages, avoids that.',
    },
    howToRevoke:
      'Profile, Integrations, the integration: refreshing its secret has ended the old one; else delete the old integration.',
  },
  {
    id: 'airtable',
    name: 'Airtable',
    keysPage: 'https://airtable.com/create/tokens',
    names: /airtable/i,
    patterns: [shape('Airtable personal access token', /^pat[A-Za-z0-9]{14}\.[a-f0-9]{64}$/)],
    overlap: unlimited('A second token works beside the old one; regenerating a token ends its old value at once.'),
    howToRevoke: 'Builder hub, Personal access tokens: delete the old token.',
  },
  {
    id: 'atlassian',
    name: 'Atlassian',
    keysPage: 'https://id.atlassian.com/manage-profile/security/api-tokens',
    names: named('atlassian', 'jira', 'confluence', 'bitbucket'),
    patterns: [
      key('Atlassian API token', 'ATATT3', '[\\w=-]{100,}'),
      key('Bitbucket app password', 'ATBB', '[A-Za-z0-9]{24,40}'),
    ],
    overlap: unlimited('A second token works beside the old one.'),
    howToRevoke: 'Account, Security, API tokens: revoke the old token.',
  },
  {
    id: 'hashicorp-vault',
    name: 'HashiCorp Vault',
    keysPage: null,
    names: named('hashicorp', 'hcp_vault', 'vault_token'),
    patterns: [
      key('HashiCorp Vault service token', 'hvs.', '[\\w-]{24,}'),
      key('HashiCorp Vault batch token', 'hvb.', '[\\w-]{24,}'),
    ],
    overlap: unlimited('Tokens live side by side until they expire.'),
    howToRevoke: '`vault token revoke`, by its accessor.',
  },
];
