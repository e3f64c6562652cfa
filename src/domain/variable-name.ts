/**
 * What a secret is called where it leaves the vault without a placeholder: its base, so that the name stays over rotations. One rule for
 * whatever names all values of an environment at once.
 */
import { errors } from '../errors.ts';

export interface NamedSecret {
  /** What it is to be called. */
  readonly name: string;
  /** The secret, as it is called in the vault. */
  readonly secret: string;
}

/** @param isUpper in upper case, and `-` as `_`, as variables of an environment mostly are */
export function variableName(base: string, isUpper: boolean): string {
  return isUpper ? base.toUpperCase().replaceAll('-', '_') : base;
}

/** @param hint what to do where two would be called alike @throws invalid_name */
export function refuseMeeting(all: readonly NamedSecret[], hint: string): void {
  const taken = new Map<string, string>();
  for (const { name, secret } of all) {
    const other = taken.get(name);
    if (other !== undefined) {
      const both =
        other === secret ? `${secret} is named twice` : `${other} and ${secret} would both be called ${name}`;
      throw errors.invalid_name(both, hint);
    }
    taken.set(name, secret);
  }
}
