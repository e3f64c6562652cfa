/** A person's word for old values that nothing could ask about. */
import { howToRevoke } from './how-to-revoke.ts';
import type { OldValue } from './old-values.ts';
import type { Outcome, Work } from './types.ts';

/** A person's word for each value that nothing could ask. What knox had made itself is only deleted. */
export async function askPerson(
  work: Work,
  open: readonly OldValue[],
): Promise<ReadonlyMap<OldValue, 'vouched' | 'unproven'> | Outcome> {
  const { answers, guide } = work;
  const made = open.filter(({ isGenerated }) => isGenerated);
  const others = open.filter(({ isGenerated }) => !isGenerated);
  const isConfirmed = answers.confirm.has('delete-old');
  const missing: OldValue[] = [];
  if (others.length > 0 && !isConfirmed) {
    const names = environmentsOf(work, others);
    const from = namesOf(others);
    const question = `Did you revoke the value of ${from.join(', ')} for ${names.join(', ')}?`;
    const lines = howToRevoke(others[0]!.secret.base, from, names);
    if ((await guide.vouch({ step: 'delete-old', question, lines })) !== true) missing.push(...others);
  }
  if (made.length > 0 && missing.length === 0 && !answers.isYes && !isConfirmed) {
    const question = `Permanently delete ${namesOf(made).join(', ')} for ${environmentsOf(work, made).join(', ')}?`;
    const lines = ['No probe can tell whether its value still works somewhere: the record will say unproven.'];
    if ((await guide.vouch({ step: 'delete-old', question, lines })) !== true) missing.push(...made);
  }
  if (missing.length === 0)
    return new Map(open.map((value) => [value, value.isGenerated ? 'unproven' : 'vouched'] as const));
  const environments = environmentsOf(work, missing);
  const why = { of: 'revoked', base: missing[0]!.secret.base, names: namesOf(missing) } as const;
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, why } };
}

function namesOf(values: readonly OldValue[]): string[] {
  return [...new Set(values.map(({ secret }) => secret.from))];
}

/** In the vault's order. */
function environmentsOf({ rotation }: Work, values: readonly OldValue[]): string[] {
  const own = new Set(values.flatMap(({ environments }) => environments));
  return rotation.environments.filter((name) => own.has(name));
}
