/** Which command runs without asking, and which address gets something: the rule, case by case. */
import { describe, expect, test } from 'vitest';
import { isNearHost } from '../../src/domain/loopback.ts';
import { mayRun } from '../../src/vault/gate/may-run.ts';
import type { Holding, RunFacts } from '../../src/vault/gate/may-run.ts';

const ALL = ['staging', 'production', 'shared'];
const ADMIN: Holding = { isAdmin: true, realms: null };
const FULL: Holding = { isAdmin: false, realms: null };
const STAGING: Holding = { isAdmin: false, realms: ['staging'] };
const BOTH: Holding = { isAdmin: false, realms: ['staging', 'production'] };

const CASES: readonly (readonly [string, Partial<RunFacts>, 'runs' | 'unvouched' | 'fewer' | 'older'])[] = [
  ['an administrator’s command beside any key', { voucher: ADMIN, used: [ADMIN, FULL] }, 'runs'],
  ['a colleague’s command beside the same key', { voucher: STAGING, used: [STAGING] }, 'runs'],
  ['a colleague’s command beside a key with more', { voucher: STAGING, used: [BOTH] }, 'fewer'],
  [
    'a colleague’s command where another key with more was used before',
    { voucher: STAGING, used: [STAGING, BOTH] },
    'fewer',
  ],
  ['a command of a key with as much', { voucher: BOTH, used: [STAGING, BOTH] }, 'runs'],
  ['a command of a key with every environment, beside one with shared too', { voucher: BOTH, used: [FULL] }, 'fewer'],
  ['a command of a key with everything beside an administering one', { voucher: FULL, used: [ADMIN] }, 'runs'],
  ['a command that nobody vouches for', { voucher: null, used: [STAGING] }, 'unvouched'],
  ['one that was allowed here', { voucher: STAGING, used: [ADMIN], isAllowed: true }, 'runs'],
  ['one that nobody vouches for and that was allowed here', { voucher: null, isAllowed: true }, 'runs'],
  ['an older one than ran here last', { voucher: ADMIN, isOlder: true }, 'older'],
  ['an older one, allowed before', { voucher: STAGING, isAllowed: true, isOlder: true }, 'older'],
  [
    'an address that gets what its voucher holds',
    { what: 'address', voucher: STAGING, used: [ADMIN], sent: ['staging'] },
    'runs',
  ],
  [
    'an address that gets more',
    { what: 'address', voucher: STAGING, used: [ADMIN], sent: ['staging', 'shared'] },
    'fewer',
  ],
  ['an address that nobody vouches for', { what: 'address', voucher: null, sent: ['staging'] }, 'unvouched'],
  ['an older address', { what: 'address', voucher: ADMIN, sent: ['staging'], isOlder: true }, 'older'],
];

test.each(CASES)('%s', (_name, facts, expected) => {
  const given: RunFacts = {
    what: 'command',
    voucher: null,
    used: [],
    sent: [],
    all: ALL,
    isAllowed: false,
    isOlder: false,
    ...facts,
  };
  expect(mayRun(given)).toEqual(expected === 'runs' ? 'runs' : { asks: expected });
});

describe('a host that is here or near', () => {
  test.each([
    'localhost',
    'localhost:8080',
    'api.localhost',
    '127.0.0.1',
    '127.8.1.2:99',
    '10.1.2.3',
    '172.16.0.9',
    '172.31.0.9:443',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[::1]',
    '[::1]:8080',
    '[::]',
    '[fd00::1]',
    '[fe80::1]:80',
    '[::ffff:7f00:1]',
    'db',
    'db:5432',
    'vault.internal',
    'printer.local.',
    '0x7f.1',
    // As pg reads the host of its URL.
    '127.0.0%2E1',
    'db.loc%61l:5432',
    'db.example.com,localhost',
    '0177.0.0.1.1',
    '2130706433',
    '/var/run/postgresql',
    '',
  ])('%j', (host) => expect(isNearHost(host)).toBe(true));

  test.each([
    'api.example.com',
    'api.example.com:8443',
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '100.128.0.1',
    '11.0.0.1',
    '[2606:4700::1111]',
    '[2606:4700::1111]:443',
    'internal.example.com',
    'localhost.example.com',
    '10.example.com',
  ])('but not %j', (host) => expect(isNearHost(host)).toBe(false));
});
