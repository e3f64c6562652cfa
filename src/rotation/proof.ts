/**
 * How it is known that an old value is dead, for each environment by itself, kept as data: in the rotation's record of the environment and
 * in the audit entry. Its words are made when it is shown. Only a shared value has one proof for several environments.
 */
import { STATUS_CODES } from 'node:http';

/**
 * `refused`: a probe with the value was turned away with 401 or 403, or its source says that it is; `revoked`: its source said that it revoked it; `vouched`: a person said
 * that it is dead; `unproven`: knox had made it, and nothing could be asked.
 */
export type ProofKind = 'refused' | 'revoked' | 'vouched' | 'unproven';

/** The first that occurs says what the proof of several environments is worth. */
export const WEAKEST_FIRST: readonly ProofKind[] = ['unproven', 'vouched', 'revoked', 'refused'];

/** What the record of an environment keeps. */
export interface ValueProof {
  readonly kind: ProofKind;
  /** Of `refused`: whose probe asked; null where a source did. */
  readonly route: string | null;
  /** Of `refused`: the HTTP status. */
  readonly status: number | null;
  /** Of a shared value: the environment whose probe or source it was, where that is another one. */
  readonly through: string | null;
  /** The kind of the source that revoked it, or that says that it is refused. */
  readonly source: string | null;
  /** ISO time. */
  readonly at: string;
}

export interface EnvironmentProof extends ValueProof {
  readonly environment: string;
}

export function writeProof({ kind, route, status, through, source, at }: ValueProof): string {
  return JSON.stringify({ kind, route, status, through, source, at });
}

/** @returns null where there is none; what is not understood proves nothing */
export function readProof(text: string | null, at: string | null): ValueProof | null {
  if (text === null) return null;
  const unknown = { kind: 'unproven', route: null, status: null, through: null, source: null, at: at ?? '' } as const;
  try {
    const found = JSON.parse(text) as Partial<ValueProof> | null;
    return found !== null && WEAKEST_FIRST.some((kind) => kind === found.kind)
      ? { ...unknown, ...(found as ValueProof) }
      : unknown;
  } catch {
    return unknown;
  }
}

interface Kept {
  readonly environment: string;
  readonly is_kept: number;
  readonly proof: string | null;
  readonly revoked_at: string | null;
}

/**
 * Of the environments that got a new value; of several secrets the weakest proof counts.
 * @param order the vault's environments
 * @returns null while one of them has none, or none got a new value
 */
export function proofsOf(records: readonly Kept[], order: readonly string[]): EnvironmentProof[] | null {
  const found = byEnvironment(records);
  const names = new Set([...order.filter((name) => found.has(name)), ...found.keys()]);
  const proofs = [...names].flatMap((environment): EnvironmentProof[] => {
    const proof = found.get(environment) ?? null;
    return proof === null ? [] : [{ environment, ...proof }];
  });
  return proofs.length === 0 || proofs.length < names.size ? null : proofs;
}

function byEnvironment(records: readonly Kept[]): Map<string, ValueProof | null> {
  const found = new Map<string, ValueProof | null>();
  for (const record of records) {
    if (record.is_kept === 1) continue;
    const own = readProof(record.proof, record.revoked_at);
    const known = found.get(record.environment);
    found.set(record.environment, known === undefined ? own : weaker(known, own));
  }
  return found;
}

function weaker(one: ValueProof | null, other: ValueProof | null): ValueProof | null {
  if (one === null || other === null) return null;
  return WEAKEST_FIRST.indexOf(one.kind) <= WEAKEST_FIRST.indexOf(other.kind) ? one : other;
}

export function weakest(proofs: readonly ValueProof[]): ProofKind {
  return WEAKEST_FIRST.find((kind) => proofs.some((proof) => proof.kind === kind)) ?? 'unproven';
}

/** `refused by the probe of a.env: 401 Unauthorized`. */
export function proofWords({ kind, route, status, through, source }: ValueProof): string {
  const where = through === null ? '' : ` for ${through}, which shared the value`;
  if (kind === 'refused' && route === null) return `refused, as its source (${source ?? 'unknown'}) says${where}`;
  if (kind === 'refused') return `refused by the probe of ${route!}${where}${statusWords(status)}`;
  if (kind === 'revoked')
    return `revoked at its source${source === null ? '' : ` (${source})`}${where}; no probe asked`;
  if (kind === 'vouched') return 'vouched for: a person revoked the old value';
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
