/** A plan with what it makes of the routes, and whether the values may be moved: nothing is written here. */
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors, forceHint } from '../errors.ts';
import { decryptNamed } from '../vault/secrets/find-secret.ts';
import { factsOf } from '../vault/secrets/value-guards.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord } from '../vault/records/kinds.ts';
import { readFacts } from './facts.ts';
import type { Read } from './facts.ts';
import { planMigration } from './plan.ts';
import type { MigrationPlan, Planned } from './plan.ts';
import { rewritesFor } from './rewrites.ts';
import type { Rewrites } from './rewrites.ts';

/** Called now and then; what it throws ends the work with everything as it was. */
export type Step = (text: string) => Promise<void>;

export interface Proposal extends MigrationPlan, Rewrites {
  readonly read: Read;
}

/** @throws vault_damaged */
export async function propose(view: View, root: string, project: string): Promise<Proposal> {
  const read = await readFacts(view, root, project);
  const plan = planMigration(read.facts);
  return { ...plan, ...rewritesFor(read, plan.planned), read };
}

/**
 * Looks at the values as storing them will, so that what cannot be done is said before anybody is asked.
 * @throws not_granted, same_value, wrong_environment
 */
export async function requireMovable(
  view: View,
  { planned, read }: Proposal,
  guards: Guards,
  step: Step,
): Promise<void> {
  for (const group of planned) {
    const held: Held[] = [];
    try {
      await requireGroup(view, group, read, { held, guards, step });
    } finally {
      for (const { value } of held) value.wipe();
    }
  }
}

interface Held {
  readonly name: string;
  readonly value: Plaintext;
}

async function requireGroup(
  view: View,
  { to, from }: Planned,
  read: Read,
  { held, guards, step }: { held: Held[]; guards: Guards; step: Step },
): Promise<void> {
  for (const { name, environment } of from) {
    await step(`Reading ${name}`);
    const [{ kind }] = read.candidates.get(name)!.records as readonly [NameRecord];
    view.ring?.realmKey(environment);
    const value = await decryptNamed(view, name, environment);
    const twin = held.find((other) => Buffer.compare(reveal(other.value), reveal(value)) === 0);
    held.push({ name, value });
    // No lineage has this base yet: what the values of the group have in common is looked at here.
    await factsOf(view, { name: to, base: to, kind }, environment, value, guards);
    if (twin === undefined || isExempt(kind, 'same_value')) continue;
    guards.refuse('same_value', () =>
      errors.same_value(
        `${name} has the same value as ${twin.name}`,
        'give one of the environments a value of its own',
        forceHint('same_value'),
        `for a plain setting: knox set ${name} --kind config`,
      ),
    );
  }
}
