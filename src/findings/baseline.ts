/** Findings that are known already, from an earlier `check --json`. */
import { errors } from '../errors.ts';
import type { Finding } from './finding.ts';

/** What makes two findings the same one: the words around it change with the time of day. */
function keyOf({ code, secret, environment, route }: Record<string, unknown>): string {
  return JSON.stringify([code ?? null, secret ?? null, environment ?? null, route ?? null]);
}

/** @throws usage where the bytes are not such a list */
export function parseBaseline(bytes: Uint8Array, file: string): (finding: Finding) => boolean {
  let listed: unknown;
  try {
    listed = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    listed = null;
  }
  if (!Array.isArray(listed) || !listed.every((one) => typeof one === 'object' && one !== null && 'code' in one))
    throw errors.usage(`${file} is not a list of findings`, `create one: knox check --json > ${file}`);
  const known = new Set((listed as Record<string, unknown>[]).map(keyOf));
  return (finding) => known.has(keyOf({ ...finding }));
}
