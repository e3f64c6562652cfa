/** Whom to trust: a case is a row. */
import { describe, expect, test } from 'vitest';
import { isKnoxError } from '../../src/errors.ts';
import { judge } from '../../src/vault/trust/judge.ts';
import type { Facts, SeenBefore } from '../../src/vault/trust/judge.ts';

const NOW = 'knox_vault_1_now';
const BEFORE = 'knox_vault_1_before';
const OTHER = 'knox_vault_1_other';
const LATER = 'knox_vault_1_later';

/** Met for the first time, with no key: entry 10 of generation 3, made anew once. */
const UNKNOWN: Facts = {
  identity: NOW,
  generation: 3,
  seq: 10,
  realms: { p: 8, s: 10 },
  leads: (identity) => identity === NOW || identity === BEFORE,
  keyIdentity: null,
  keyKind: null,
  trusted: null,
  known: null,
  isKnownHeld: true,
  others: [],
  isExpectedHeadHeld: null,
  expectedHead: null,
  isAccepting: false,
};
const SEEN: SeenBefore = { location: '/here', identity: NOW, generation: 3, seq: 9, realms: { p: 8, s: 9 } };
const known = (more: Partial<SeenBefore>): Partial<Facts> => ({ known: { ...SEEN, ...more } });
const elsewhere = (more: Partial<SeenBefore>): Partial<Facts> => ({
  others: [{ ...SEEN, location: '/there', ...more }],
});
const turnedBack = { isKnownHeld: false };

function told(facts: Partial<Facts>): string {
  const verdict = judge({ ...UNKNOWN, ...facts });
  if (isKnoxError(verdict)) return verdict.code;
  const { isTrusted, standing, warning } = verdict;
  return `${isTrusted ? 'trusted' : 'unknown'} ${standing}${warning === null ? '' : ` ${warning.code}`}`;
}

const file = (keyIdentity: string | null): Partial<Facts> => ({ keyIdentity, keyKind: 'file' });
const kept = (keyIdentity: string | null): Partial<Facts> => ({ keyIdentity, keyKind: 'kept' });
const passphrase = (keyIdentity: string | null): Partial<Facts> => ({ keyIdentity, keyKind: 'passphrase' });

describe('whom to trust', () => {
  test.each<[string, Partial<Facts>, string]>([
    ['never seen, nothing given', {}, 'unknown newest'],
    ['a key file without an identity line', file(null), 'unknown newest'],
    ['a key file that names it', file(NOW), 'trusted newest'],
    ['a key file that names an earlier identity of it', file(BEFORE), 'trusted newest'],
    ['a key file that names another vault', file(OTHER), 'vault_damaged'],
    ['KNOX_TRUST names it', { trusted: NOW }, 'trusted newest'],
    ['KNOX_TRUST names another one', { trusted: OTHER }, 'vault_damaged'],
    ["the key file's line goes before KNOX_TRUST", { ...file(OTHER), trusted: NOW }, 'vault_damaged'],
    ['a passphrase wraps its identity', passphrase(NOW), 'trusted newest'],
    ['KNOX_TRUST goes before what a passphrase wraps', { ...passphrase(NOW), trusted: OTHER }, 'vault_damaged'],
    ['seen here before', known({}), 'trusted newest'],
    ['seen here with an earlier identity', known({ identity: BEFORE, generation: 2 }), 'trusted newest'],
    ['another vault was here', known({ identity: OTHER }), 'vault_damaged'],
    ['seen at another place', elsewhere({}), 'trusted newest'],
    ['another identity of the same vault was seen at another place', elsewhere({ identity: OTHER }), 'unknown newest'],

    ['a kept key alone vouches for nothing', kept(NOW), 'unknown newest'],
    ['a kept key that names another one, of which nothing was seen', kept(OTHER), 'vault_damaged'],
    ['the same, and KNOX_TRUST says that it is this one', { ...kept(OTHER), trusted: NOW }, 'trusted newest'],
    ['a kept key, and the vault was seen here', { ...kept(NOW), ...known({}) }, 'trusted newest'],
    ['a kept key that names another one, and this was seen here', { ...kept(OTHER), ...known({}) }, 'vault_damaged'],

    ['older than what was here', { ...known({ seq: 12 }), ...turnedBack }, 'trusted turned-back vault_rolled_back'],
    [
      'older, with a key file that names it',
      { ...file(NOW), ...known({ seq: 12 }), ...turnedBack },
      'trusted turned-back vault_rolled_back',
    ],
    ['with older keys than were here', known({ identity: LATER, earlier: [NOW] }), 'vault_rolled_back'],
    [
      'with older keys, and the command takes it as it is',
      { ...known({ identity: LATER, earlier: [NOW] }), isAccepting: true },
      'trusted behind vault_rolled_back',
    ],
    [
      'older, and with older keys than were here',
      { ...known({ identity: LATER, earlier: [NOW], seq: 12 }), ...turnedBack },
      'vault_rolled_back',
    ],
    ['of a smaller generation than was here', known({ generation: 4 }), 'vault_rolled_back'],
    [
      'older, and of a smaller generation',
      { ...known({ generation: 4, seq: 12 }), ...turnedBack },
      'vault_rolled_back',
    ],
    ['one environment is behind, the log is not', known({ realms: { p: 9, s: 9 } }), 'vault_rolled_back'],
    ['an environment that is no longer there', known({ realms: { gone: 9 } }), 'trusted newest'],
    [
      'the same, and the command takes it as it is',
      { ...known({ generation: 4 }), isAccepting: true },
      'trusted behind vault_rolled_back',
    ],
    [
      'one environment is behind, and the command takes it',
      { ...known({ realms: { p: 9, s: 9 } }), isAccepting: true },
      'trusted behind vault_rolled_back',
    ],

    ['a copy, older than the one at another place', elsewhere({ seq: 20 }), 'trusted newest older_copy'],
    ['a copy with older keys', elsewhere({ generation: 4, seq: 20 }), 'trusted older-manifest older_copy'],
    [
      'a copy from before its keys were made anew',
      { ...file(NOW), ...elsewhere({ identity: LATER, earlier: [NOW], seq: 20 }) },
      'trusted older-manifest older_copy',
    ],
    [
      'made by a root that went: what really followed was seen',
      { ...file(BEFORE), ...elsewhere({ identity: LATER, earlier: [BEFORE] }) },
      'vault_damaged',
    ],

    ['KNOX_HEAD is held', { ...file(NOW), isExpectedHeadHeld: true, expectedHead: 7 }, 'trusted newest'],
    ['KNOX_HEAD is not held', { ...file(NOW), isExpectedHeadHeld: false, expectedHead: 12 }, 'vault_rolled_back'],
    [
      'KNOX_HEAD is not held, and the command would take it as it is',
      { ...file(NOW), isExpectedHeadHeld: false, expectedHead: 12, isAccepting: true },
      'vault_rolled_back',
    ],
  ])('%s', (_case, facts, expected) => {
    expect(told(facts)).toBe(expected);
  });
});
