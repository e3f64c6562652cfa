/**
 * What hangs in a realm's tree as its seal says, and yet is not what knox writes there: a value that does not open, a record that cannot be
 * read. Only who has the realm's key can have put it there, by a program of their own. It is of no use to anybody, and keeps nobody from the
 * rest: at its own use it is exit 8, among many it is ignored with a warning, new keys leave it as it is.
 */
import { printable } from '../../domain/printable.ts';
import { SHARED } from '../documents/manifest.ts';
import type { PassedOver } from './read-record.ts';

export interface Spoiled {
  readonly kind: string;
  readonly id: string;
  /** The name that it is about, where it can be told. */
  readonly name: string | null;
  /** An environment, or `shared`. */
  readonly realm: string;
  /** Number of the audit entry that put it, as the record says of itself. */
  readonly entry: number;
  /** One clause. */
  readonly reason: string;
}

export function spoiledValue(name: string, realm: string): string {
  return `the value of ${name} for ${realm} is damaged or misplaced`;
}

export function deleteOrder(name: string, realm: string): string {
  return `knox delete ${name}${realm === SHARED ? '' : ` -e ${realm}`}`;
}

/** An id can be any text of whoever put it there. */
export function passedText({ kind, id, realm }: PassedOver): string {
  return `the ${kind} record ${printable(id)} of ${realm} has invalid content: it is ignored`;
}
