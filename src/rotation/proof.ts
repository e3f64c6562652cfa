/**
 * How it is known that an old value is dead, for each environment by itself, kept as data in the environment's part of the rotation and in
 * the audit entry. Its words are made when it is shown. Only a shared value has one proof for several environments.
 */
import { STATUS_CODES } from 'node:http';
import { WEAKEST_FIRST } from '../domain/rotation-record.ts';
import type { ProofKind, ValueProof } from '../domain/rotation-record.ts';
import type { RotationPart } from '../vault/records/kinds.ts';

export interface EnvironmentProof extends ValueProof {
  readonly environment: string;
}

type Part = Pick<RotationPart, 'realm'> & {
  readonly secrets: readonly { readonly isKept: boolean; readonly proof: ValueProof | null }[];
};

/**
 * Of the environments that got a new value; of several secrets the weakest proof counts.
 * @param parts in the vault's order
 * @returns null while one of them has none, or none got a new value
 */
export function proofsOf(parts: readonly Part[]): EnvironmentProof[] | null {
  const proofs: EnvironmentProof[] = [];
  for (const { realm, secrets } of parts) {
    const own = secrets.filter(({ isKept }) => !isKept).map(({ proof }) => proof);
    if (own.length === 0) continue;
    const known = own.flatMap((proof) => proof ?? []);
    if (known.length < own.length) return null;
    proofs.push({ environment: realm, ...known.reduce(weaker) });
  }
  return proofs.length === 0 ? null : proofs;
}

function weaker(one: ValueProof, other: ValueProof): ValueProof {
  return WEAKEST_FIRST.indexOf(one.kind) <= WEAKEST_FIRST.indexOf(other.kind) ? one : other;
}

export function weakest(proofs: readonly ValueProof[]): ProofKind {
  return WEAKEST_FIRST.find((kind) => proofs.some((proof) => proof.kind === kind)) ?? 'unproven';
}

/** `refused by the probe of a.env: 401 Unauthorized`. */
function proofWords({ kind, route, status, through, source }: ValueProof): string {
  const where = through === null ? '' : ` for ${through}, which shared the value`;
  if (kind === 'refused' && route === null) return `refused, as its source (${source ?? 'unknown'}) says${where}`;
  if (kind === 'refused') return `refused by the probe of ${route!}${where}${statusWords(status)}`;
  if (kind === 'revoked') return `revoked at its source${source === null ? '' : ` (${source})`}${where}; not probed`;
  if (kind === 'vouched') return 'confirmed by a person: the old value was revoked';
  return 'unproven: no probe could tell that the old value is dead';
}

function statusWords(status: number | null): string {
  return status === null ? '' : `: ${`${status} ${STATUS_CODES[status] ?? ''}`.trim()}`;
}

/** Each environment by itself, `production refused by …; staging vouched for …`; without names where all have the same word. */
export function proofSentence(proofs: readonly EnvironmentProof[]): string {
  const isRefused = ({ kind }: ValueProof): boolean => kind === 'refused';
  const others = Map.groupBy(
    proofs.filter((proof) => !isRefused(proof)),
    proofWords,
  );
  const [only] = others.keys();
  if (only !== undefined && others.size === 1 && !proofs.some(isRefused)) return only;
  return [
    ...proofs.filter(isRefused).map((proof) => `${proof.environment} ${proofWords(proof)}`),
    ...[...others].map(([words, own]) => `${own.map(({ environment }) => environment).join(', ')} ${words}`),
  ].join('; ');
}
