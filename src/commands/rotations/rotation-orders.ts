/** What `knox rotate` can be told to do besides going on, and what goes with it: two orders at once are none. */
import { cannotCombine, errors } from '../../errors.ts';
import type { Rotate } from './declared.ts';

/** One of these at most: what each does leaves no room for another. */
const ORDERS = {
  status: '--status',
  checklist: '--checklist',
  rollback: '--rollback',
  abort: '--abort',
  due: '--due',
  exposed: '--exposed',
} as const;
type Order = keyof typeof ORDERS;

/** What says how a rotation is to go on. */
const FORWARD = {
  valueFiles: '--value-file',
  valuesStdin: '--values-stdin',
  generate: '--generate',
  keep: '--keep',
  window: '--window',
  quarantine: '--quarantine',
  between: '--between',
  on: '--on',
  confirm: '--confirm',
  skip: '--skip',
  until: '--until',
  compromised: '--compromised',
  revokeFirst: '--revoke-first',
} as const;
type Forward = keyof typeof FORWARD;

/** What an order takes of it. */
const TAKES: Readonly<Record<Order, readonly Forward[]>> = {
  status: [],
  checklist: [],
  // A person's word that the new credential is to be revoked.
  rollback: ['confirm'],
  abort: ['confirm'],
  due: without('valueFiles', 'valuesStdin'),
  exposed: without('valueFiles', 'valuesStdin'),
};

/** @throws usage */
export function requireOneOrder(options: Rotate): void {
  const given = <Name extends string>(names: Readonly<Record<Name, string>>) =>
    (Object.keys(names) as Name[]).filter((name) => isGiven(options[name as keyof Rotate]));
  requireSense(options);
  const [order, other] = given(ORDERS);
  if (order === undefined) {
    if (options.revokeFirst && !options.compromised)
      throw errors.usage('--revoke-first needs --compromised', 'add --compromised --reason TEXT');
    return;
  }
  if (other !== undefined) throw exclusive(ORDERS[order], ORDERS[other]);
  const refused = given(FORWARD).find((name) => !TAKES[order].includes(name));
  if (order === 'due' || order === 'exposed') {
    if (refused === 'valueFiles' || refused === 'valuesStdin')
      throw errors.usage(
        'values can only be given for secrets that are named',
        'use --generate, or rotate them one by one',
      );
    if (options.names.length > 0) throw errors.usage('--due and --exposed cannot be used with names', 'drop the names');
  }
  if (refused !== undefined) throw exclusive(ORDERS[order], FORWARD[refused]);
}

function isGiven(value: Rotate[keyof Rotate]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== false;
}

/** Going back asks for one word only: that the new values are to be revoked. */
function requireSense({ rollback, abort, confirm }: Rotate): void {
  if ((!rollback && !abort) || confirm.every((step) => step === 'delete-old')) return;
  throw errors.usage(
    `${rollback ? '--rollback' : '--abort'} can only be used with --confirm delete-old`,
    'drop the others',
  );
}

function exclusive(one: string, other: string) {
  return cannotCombine(one, other);
}

function without(...names: readonly Forward[]): Forward[] {
  return (Object.keys(FORWARD) as Forward[]).filter((name) => !names.includes(name));
}
