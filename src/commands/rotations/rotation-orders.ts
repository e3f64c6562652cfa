/** What `knox rotate` can be told to do besides going on, and what goes with it: two orders at once are none. */
import type { OptionValues } from '../../declarations/command-spec.ts';
import { errors } from '../../errors.ts';

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
  valueFile: '--value-file',
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
  due: without('valueFile', 'valuesStdin'),
  exposed: without('valueFile', 'valuesStdin'),
};

/** @throws usage */
export function requireOneOrder(options: OptionValues): void {
  const given = (names: Readonly<Record<string, string>>) =>
    Object.keys(names).filter((name) => options[name] !== undefined && options[name] !== false);
  requireSense(options);
  const [order, other] = given(ORDERS) as Order[];
  if (order === undefined) return;
  if (other !== undefined) throw exclusive(ORDERS[order], ORDERS[other]);
  const refused = (given(FORWARD) as Forward[]).find((name) => !TAKES[order].includes(name));
  if (refused === 'valueFile' || refused === 'valuesStdin') {
    if (order === 'due' || order === 'exposed')
      throw errors.usage(
        'values can not be given for secrets that are not named',
        'use --generate, or rotate them one by one',
      );
  }
  if (refused !== undefined) throw exclusive(ORDERS[order], FORWARD[refused]);
}

/** Going back asks for one word only: that the new values are to be revoked. */
function requireSense({ rollback, abort, confirm }: OptionValues): void {
  if ((rollback !== true && abort !== true) || confirm === undefined) return;
  const steps = (confirm as readonly string[]).flatMap((text) => text.split(',')).map((step) => step.trim());
  if (steps.every((step) => step === 'delete-old')) return;
  throw errors.usage(
    `${rollback === true ? '--rollback' : '--abort'} takes no other --confirm than delete-old`,
    'leave the others out',
  );
}

function exclusive(one: string, other: string) {
  return errors.usage(`${one} and ${other} can't be combined`, 'leave one of them out');
}

function without(...names: readonly Forward[]): Forward[] {
  return (Object.keys(FORWARD) as Forward[]).filter((name) => !names.includes(name));
}
