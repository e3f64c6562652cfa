/**
 * The kinds of record that a realm holds: which codec each has, what it is called by, and where it hangs in the realm's tree. Adding one is a
 * file with its codec and an entry here, at the end: the order is part of the format.
 */
import { decode, encode, isId, Malformed } from './codec.ts';
import type { Field, Of } from './codec.ts';
import { incidentCodec } from './incident.ts';
import { lineageCodec } from './lineage.ts';
import { nameCodec, secretName } from './name.ts';
import { receiverCodec } from './receiver.ts';
import { refusalCodec } from './refusal.ts';
import { rotationCodec } from './rotation.ts';
import { routeCodec } from './route.ts';
import { sourceCodec } from './source.ts';
import { useCodec } from './use.ts';
import { valueCodec } from './value.ts';

interface KindOf<C> {
  readonly codec: Field<C>;
  /** What the record is called by within its realm and kind. */
  readonly idOf: (content: C) => string;
  /** The name that it is about, whose place in the tree it has; null for a kind that is one list. */
  readonly about: ((content: C) => string) | null;
  /** Whether its id is a name of a secret, else an id. */
  readonly isNamed: boolean;
}

function kind<F extends Field<unknown>>(codec: F, more: Omit<KindOf<Of<F>>, 'codec'>): KindOf<Of<F>> {
  return { codec: codec as Field<Of<F>>, ...more };
}

export const KINDS_OF_RECORDS = {
  name: kind(nameCodec, { idOf: ({ name }) => name, about: ({ name }) => name, isNamed: true }),
  value: kind(valueCodec, { idOf: ({ id }) => id, about: ({ name }) => name, isNamed: false }),
  lineage: kind(lineageCodec, { idOf: ({ base }) => base, about: ({ base }) => base, isNamed: true }),
  use: kind(useCodec, { idOf: ({ id }) => id, about: ({ name }) => name, isNamed: false }),
  refusal: kind(refusalCodec, { idOf: ({ id }) => id, about: ({ name }) => name, isNamed: false }),
  route: kind(routeCodec, { idOf: ({ id }) => id, about: null, isNamed: false }),
  source: kind(sourceCodec, { idOf: ({ base }) => base, about: null, isNamed: true }),
  receiver: kind(receiverCodec, { idOf: ({ id }) => id, about: null, isNamed: false }),
  rotation: kind(rotationCodec, { idOf: ({ id }) => id, about: null, isNamed: false }),
  incident: kind(incidentCodec, { idOf: ({ id }) => id, about: null, isNamed: false }),
} as const;

export type KindName = keyof typeof KINDS_OF_RECORDS;
export type Content<K extends KindName> = Of<(typeof KINDS_OF_RECORDS)[K]['codec']>;

/** Where a record is, and since when it says what it says. */
export interface Placed<K extends KindName = KindName> {
  readonly kindOf: K;
  /** The realm's name: an environment, or `shared`. */
  readonly realm: string;
  /** Number of the audit entry that put it. */
  readonly entry: number;
}

/** A record as it was read: its content, and where it is. */
export type Stored<K extends KindName> = Content<K> & Placed<K>;

export type NameRecord = Stored<'name'>;
export type ValueRecord = Stored<'value'>;
export type LineageRecord = Stored<'lineage'>;
export type UseRecord = Stored<'use'>;
export type RefusalRecord = Stored<'refusal'>;
export type RouteRecord = Stored<'route'>;
export type SourceRecord = Stored<'source'>;
export type ReceiverRecord = Stored<'receiver'>;
export type RotationPart = Stored<'rotation'>;
export type IncidentRecord = Stored<'incident'>;

export const KIND_NAMES = Object.keys(KINDS_OF_RECORDS) as KindName[];
/** Those that are one list each. */
export const LISTED = KIND_NAMES.filter((name) => KINDS_OF_RECORDS[name].about === null);
/** Those that hang in the tree, by the name that they are about. */
export const PLACED = KIND_NAMES.filter((name) => KINDS_OF_RECORDS[name].about !== null);

function kindOf<K extends KindName>(name: K): KindOf<Content<K>> {
  return KINDS_OF_RECORDS[name] as unknown as KindOf<Content<K>>;
}

export function idOf<K extends KindName>(name: K, content: Content<K>): string {
  return kindOf(name).idOf(content);
}

/** The name whose place a record has; null for a kind that is one list. */
export function aboutOf<K extends KindName>(name: K, content: Content<K>): string | null {
  return kindOf(name).about?.(content) ?? null;
}

/** The text of a record, which its digest covers. */
export function encodeRecord<K extends KindName>(name: K, content: Content<K>): string {
  return encode(kindOf(name).codec, content);
}

/** @param id under which it is stored, and which it must bear itself @throws Malformed */
export function decodeRecord<K extends KindName>(name: K, id: string, body: string): Content<K> {
  const { codec, isNamed } = kindOf(name);
  if (!isNamed && !isId(id)) throw new Malformed();
  if (isNamed) secretName.read(id);
  const content = decode(codec, body);
  if (idOf(name, content) !== id) throw new Malformed();
  return content;
}
