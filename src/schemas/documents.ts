/**
 * Every JSON document that knox prints, sends or reads, with its JSON Schema: an entry of a table. A command that is new stands in the
 * `commands` of its document. Loaded only where somebody asks for a schema.
 */
import { nearest } from '../domain/lookalike.ts';
import { errors } from '../errors.ts';
import { ERROR_DOCUMENTS } from './error-documents.ts';
import { PARTS } from './parts.ts';
import { ROTATION_DOCUMENTS } from './rotation-documents.ts';
import type { Document, Schema } from './schema.ts';
import { SECRET_DOCUMENTS } from './secret-documents.ts';
import { VAULT_DOCUMENTS } from './vault-documents.ts';
import { WATCHING_DOCUMENTS } from './watching-documents.ts';

export const DOCUMENTS: Readonly<Record<string, Document>> = {
  ...SECRET_DOCUMENTS,
  ...ROTATION_DOCUMENTS,
  ...WATCHING_DOCUMENTS,
  ...VAULT_DOCUMENTS,
  ...ERROR_DOCUMENTS,
};

/** Commands that have no document: what they print is another program's. */
export const WITHOUT_DOCUMENT: readonly string[] = ['run'];

/** Sorted. */
export const DOCUMENT_NAMES = Object.keys(DOCUMENTS).toSorted();

/** The document that a command prints; null where it has none. */
export function documentOf(command: string): string | null {
  return DOCUMENT_NAMES.find((name) => DOCUMENTS[name]!.commands.includes(command)) ?? null;
}

/** The schema of a document, with all parts that it names. @param name of the document */
export function schemaOf(name: string): Schema {
  const { about, schema } = DOCUMENTS[name]!;
  const needed = partsOf(schema);
  const parts = Object.fromEntries([...needed].toSorted().map((part) => [part, PARTS[part as keyof typeof PARTS]]));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:knox:${name}`,
    title: `knox ${name}`,
    description: about,
    ...schema,
    ...(needed.size === 0 ? {} : { $defs: parts }),
  };
}

/** Names of the parts that are named in it, and in those. */
function partsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  const { $ref } = value as Schema;
  const part = typeof $ref === 'string' ? $ref.replace('#/$defs/', '') : null;
  if (part !== null && !found.has(part)) {
    found.add(part);
    partsOf(PARTS[part as keyof typeof PARTS], found);
  }
  for (const one of Object.values(value)) partsOf(one, found);
  return found;
}

/**
 * @param words a document's name, or a command
 * @throws usage, with the name that was most likely meant
 */
export function requireDocument(words: readonly string[]): string {
  const command = words.join(' ');
  const name = command.replaceAll(' ', '-');
  if (Object.hasOwn(DOCUMENTS, name)) return name;
  const printed = documentOf(command) ?? documentOf(command.replaceAll('-', ' '));
  if (printed !== null) return printed;
  const known = [...DOCUMENT_NAMES, ...Object.values(DOCUMENTS).flatMap((one) => one.commands)];
  const near = nearest(command, known) ?? nearest(name, known);
  throw errors.usage(
    WITHOUT_DOCUMENT.includes(command) ? `knox ${command} has no JSON document` : 'unknown document',
    ...(near === null ? [] : [`did you mean knox schema ${near}?`]),
    'see them all: knox schema',
  );
}
