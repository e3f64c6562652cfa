/**
 * From the text of a record to a typed one, and back. What is read is checked once, here: a digest proves who wrote a record, not that it
 * was knox. What is written stands in one order, so that the same record is the same text.
 */

/** What a text says is not what a record of its kind can say. */
export class Malformed extends Error {}

/** One field, or a whole record. `read` takes parsed JSON. @throws Malformed */
export interface Field<T> {
  read(value: unknown): T;
  /** Gives what JSON keeps of it. */
  write(value: T): unknown;
}

export type Of<F> = F extends Field<infer T> ? T : never;

function such<T>(is: (value: unknown) => boolean): Field<T> {
  return {
    read(value) {
      if (!is(value)) throw new Malformed();
      return value as T;
    },
    write: (value) => value,
  };
}

/** 100 years, the longest that a duration can be. */
const LONGEST_SECONDS = 36_525 * 86_400;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** Whether a text is a time as knox writes one. */
export function isTime(value: unknown): value is string {
  if (value === lastTime) return true;
  const isOne = typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));
  if (isOne) lastTime = value;
  return isOne;
}

/** Many records in a row have the same. */
let lastTime = '';

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

export const text: Field<string> = such((value) => typeof value === 'string');
/** A name of a file or a command: the system takes none with a NUL in it. */
export const systemText: Field<string> = such((value) => typeof value === 'string' && !value.includes('\0'));
export const id: Field<string> = such(isId);
export const time: Field<string> = such(isTime);
export const hex: Field<string> = such((value) => typeof value === 'string' && HEX.test(value));
export const flag: Field<boolean> = such((value) => typeof value === 'boolean');
/** A whole number from 0 up. */
export const count: Field<number> = such((value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const seconds: Field<number> = such(
  (value) => typeof value === 'number' && value >= 0 && value <= LONGEST_SECONDS,
);

export function matching(is: (text: string) => boolean): Field<string> {
  return such((value) => typeof value === 'string' && is(value));
}

/** A text as a person types it. @param parse throws where it is none */
export function typed(parse: (text: string) => unknown): Field<string> {
  return matching((given) => {
    try {
      parse(given);
      return true;
    } catch {
      return false;
    }
  });
}

export function oneOf<const W extends string>(...words: readonly W[]): Field<W> {
  return such((value) => (words as readonly unknown[]).includes(value));
}

export function orNull<T>(field: Field<T>): Field<T | null> {
  return {
    read: (value) => (value === null ? null : field.read(value)),
    write: (value) => (value === null ? null : field.write(value)),
  };
}

export function listOf<T>(field: Field<T>): Field<readonly T[]> {
  return {
    read(value) {
      if (!Array.isArray(value)) throw new Malformed();
      return value.length === 0 ? value : value.map((one) => field.read(one));
    },
    write: (values) => values.map((one) => field.write(one)),
  };
}

/** At least one. */
export function someOf<T>(field: Field<T>): Field<readonly T[]> {
  const list = listOf(field);
  return {
    read(value) {
      const found = list.read(value);
      if (found.length === 0) throw new Malformed();
      return found;
    },
    write: (values) => list.write(values),
  };
}

/** Two that belong together, in this order. */
export function pairOf<A, B>(first: Field<A>, second: Field<B>): Field<readonly [A, B]> {
  return {
    read(value) {
      if (!Array.isArray(value) || value.length !== 2) throw new Malformed();
      return [first.read(value[0]), second.read(value[1])];
    },
    write: ([one, other]) => [first.write(one), second.write(other)],
  };
}

/** Any keys, one kind of value. Keys stand in order. */
export function mapOf<T>(field: Field<T>): Field<Readonly<Record<string, T>>> {
  return {
    read(value) {
      const found = Object.entries(asObject(value)).map(([key, one]) => [key, field.read(one)] as const);
      return Object.fromEntries(found);
    },
    write: (value) =>
      Object.fromEntries(
        Object.entries(value)
          .toSorted(([left], [right]) => (left < right ? -1 : 1))
          .map(([key, one]) => [key, field.write(one)]),
      ),
  };
}

/** A field that may be left out, which is what it says then. */
export interface Optional<T> extends Field<T | undefined> {
  readonly isOptional: true;
}

export function optional<T>(field: Field<T>): Optional<T> {
  return {
    isOptional: true,
    read: (value) => field.read(value),
    write: (value) => (value === undefined ? undefined : field.write(value)),
  };
}

type OptionalKeys<S> = { [K in keyof S]: S[K] extends Optional<unknown> ? K : never }[keyof S];
type ObjectOf<S> = { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Of<S[K]> } & {
  readonly [K in OptionalKeys<S>]?: Exclude<Of<S[K]>, undefined>;
};
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** A record of these fields and no others, written in their order. */
export function object<const S extends Readonly<Record<string, Field<unknown>>>>(shape: S): Field<Flat<ObjectOf<S>>> {
  const fields = Object.entries(shape).map(([key, field]) => ({ key, field, isOptional: 'isOptional' in field }));
  return {
    // Of a vault with 100,000 names this is most of what reading it takes: what was parsed is itself the record.
    read(value) {
      const given = asObject(value) as Record<string, unknown>;
      let left = 0;
      for (const key in given) if (Object.hasOwn(given, key)) left += 1;
      for (const { key, field, isOptional } of fields) {
        if (!Object.hasOwn(given, key)) {
          if (isOptional) continue;
          throw new Malformed();
        }
        const one = given[key];
        const read = field.read(one);
        if (read !== one) given[key] = read;
        left -= 1;
      }
      if (left !== 0) throw new Malformed();
      return given as Flat<ObjectOf<S>>;
    },
    write(value) {
      const given = value as Readonly<Record<string, unknown>>;
      const written: Record<string, unknown> = {};
      for (const { key, field } of fields) written[key] = field.write(given[key]);
      return written;
    },
  };
}

/** One of several records, told apart by what one field of theirs says. */
export function oneOfKinds<F extends Field<unknown>>(key: string, kinds: Readonly<Record<string, F>>): Field<Of<F>> {
  const of = (value: unknown): F => {
    const word = asObject(value)[key];
    if (typeof word !== 'string' || !Object.hasOwn(kinds, word)) throw new Malformed();
    return kinds[word]!;
  };
  return { read: (value) => of(value).read(value) as Of<F>, write: (value) => of(value).write(value) };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed();
  return value as Readonly<Record<string, unknown>>;
}

/** @throws Malformed */
export function decode<T>(field: Field<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Malformed();
  }
  return field.read(value);
}

export function encode<T>(field: Field<T>, record: T): string {
  return JSON.stringify(field.write(record));
}
