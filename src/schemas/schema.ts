/**
 * JSON Schema (draft 2020-12) in few words. An object has every key that is named, and no other: what is not known is null. Keys that only some
 * documents have stand in `optional`.
 */

/** A schema, or a part of one: JSON. */
export type Schema = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;

/** A JSON document that knox prints, sends or reads. */
export interface Document {
  /** What it is, as the end of a line. */
  readonly about: string;
  /** Paths of the commands that print it with --json; empty for one that no command prints. */
  readonly commands: readonly string[];
  readonly schema: Schema;
}

/** @param about one sentence, shown by whoever reads the schema */
export function described(schema: Schema, about: string): Schema {
  return { ...schema, description: about };
}

export function object(required: Properties, optional: Properties = {}): Schema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}

/** An object of any keys, each with such a value. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export function arrayOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function nullable(schema: Schema): Schema {
  const { type, enum: words } = schema;
  if (typeof type !== 'string') {
    const { description, ...held } = schema;
    return { anyOf: [held, { type: 'null' }], ...(description === undefined ? {} : { description }) };
  }
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(words) ? { enum: [...(words as readonly string[]), null] } : {}),
  };
}

export function anyOf(...schemas: readonly Schema[]): Schema {
  return { anyOf: schemas };
}

export function oneOf(words: readonly string[], about?: string): Schema {
  return { type: 'string', enum: words, ...(about === undefined ? {} : { description: about }) };
}

/** Words with what each of them means. */
export function meanings(words: Readonly<Record<string, string>>): Schema {
  return { oneOf: Object.entries(words).map(([word, means]) => ({ const: word, description: means })) };
}

/** A part that several documents have: `parts.ts` holds it. */
export function ref(part: string): Schema {
  return { $ref: `#/$defs/${part}` };
}

export function text(about?: string): Schema {
  return { type: 'string', ...(about === undefined ? {} : { description: about }) };
}

export function flag(about: string): Schema {
  return { type: 'boolean', description: about };
}

/** A whole number from 0 on. */
export function count(about: string): Schema {
  return { type: 'integer', minimum: 0, description: about };
}

/** ISO 8601, in UTC. */
export function time(about: string): Schema {
  return { type: 'string', format: 'date-time', description: about };
}

/** Anything: what is written there is another program's. */
export const OPEN: Schema = {};
