/** docs/reference/json.md: each document and its keys, read off its schema. */
import { DOCUMENT_NAMES, DOCUMENTS } from '../../../src/schemas/documents.ts';
import { PARTS } from '../../../src/schemas/parts.ts';
import type { Schema } from '../../../src/schemas/schema.ts';
import { code, page, table } from './markdown.ts';

export function jsonPage(): string {
  const printed = DOCUMENT_NAMES.filter((name) => DOCUMENTS[name]!.commands.length > 0);
  const others = DOCUMENT_NAMES.filter((name) => DOCUMENTS[name]!.commands.length === 0);
  return page(
    'JSON documents',
    '`src/schemas`',
    `With \`--json\` a command prints one JSON document on stdout; [errors and warnings](errors.md) are JSON lines on stderr. Every document has a JSON
Schema (draft 2020-12): \`knox schema\` lists them, \`knox schema NAME\` prints one, and they are in [schemas](schemas). Every key that is
listed here is there; what is not known is \`null\`. A later version may add keys: a schema belongs to the version that prints it, and allows no others.`,
    `Times are ISO 8601 in UTC. \`a[].b\` is the key b of each element of the array a, \`a.*\` any key of the object a.`,
    '## Printed with --json',
    ...printed.flatMap(documentParts),
    '## Other documents',
    ...others.flatMap(documentParts),
    '## Parts of several documents',
    ...Object.entries(PARTS).flatMap(([name, schema]) => [`### ${title(name)}`, ...tables(schema)]),
  );
}

function documentParts(name: string): string[] {
  const { about, commands, schema } = DOCUMENTS[name]!;
  const by = commands.length === 0 ? '' : ` Printed by ${commands.map((path) => code(`knox ${path}`)).join(', ')}.`;
  return [
    `### ${name}`,
    `${about[0]!.toUpperCase()}${about.slice(1)}.${by} [Schema](schemas/${name}.json)`,
    ...tables(schema),
  ];
}

function title(part: string): string {
  return `Part: ${part}`;
}

/** One table for each shape that the document may have. */
function tables(schema: Schema): string[] {
  return shapesOf(schema).flatMap((shape, index, all) => {
    const label = all.length === 1 ? [] : [`${index === 0 ? 'Either' : 'or'}${said(shape)}:`];
    const rows = rowsOf(shape, '', true);
    const only =
      rows.length === 1 && rows[0]![0] === ''
        ? [`${rows[0]![1]!}${rows[0]![2] === '' ? '' : `: ${rows[0]![2]}`}`]
        : null;
    return [...label, ...(only ?? [table(['key', 'type', ''], rows)])];
  });
}

function said({ description }: Schema): string {
  return typeof description === 'string' ? ` (${description.replace(/\.$/, '')})` : '';
}

function shapesOf(schema: Schema): readonly Schema[] {
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'] as Schema[];
  const items = schema['items'] as Schema | undefined;
  if (Array.isArray(items?.['anyOf'])) return (items['anyOf'] as Schema[]).map((one) => ({ ...schema, items: one }));
  return [schema];
}

/** A row for each key, nested ones behind the one that holds them. @param path of the schema; empty for the document */
function rowsOf(schema: Schema, path: string, isRequired: boolean): string[][] {
  const about = typeof schema['description'] === 'string' ? schema['description'] : '';
  const own = [path === '' ? '' : code(path), `${typeOf(schema)}${isRequired ? '' : ', may be missing'}`, about];
  const below = nestedOf(schema, path);
  return path === '' && below.length > 0 ? below : [own, ...below];
}

function nestedOf(schema: Schema, path: string): string[][] {
  const held = Array.isArray(schema['anyOf'])
    ? (schema['anyOf'] as Schema[]).filter(({ type }) => type !== 'null')
    : [];
  if (held.length === 1) return nestedOf(held[0]!, path);
  const {
    properties,
    items,
    additionalProperties,
    required = [],
  } = schema as {
    properties?: Record<string, Schema>;
    items?: Schema;
    additionalProperties?: Schema | false;
    required?: readonly string[];
  };
  const at = path === '' ? '' : `${path}.`;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([key, one]) => rowsOf(one, `${at}${key}`, required.includes(key)));
  if (items !== undefined) {
    const inner = nestedOf(items, `${path}[]`);
    return inner.length > 0 || path !== '' ? inner : [rowsOf(items, '[]', true)[0]!];
  }
  if (typeof additionalProperties === 'object' && additionalProperties['properties'] !== undefined)
    return nestedOf(additionalProperties, `${at}*`);
  return [];
}

function typeOf(schema: Schema): string {
  const {
    type,
    enum: words,
    format,
    $ref,
    items,
    const: only,
    anyOf,
    oneOf,
  } = schema as {
    type?: string | readonly string[];
    enum?: readonly (string | null)[];
    format?: string;
    $ref?: string;
    items?: Schema;
    const?: string;
    anyOf?: readonly Schema[];
    oneOf?: readonly Schema[];
  };
  if ($ref !== undefined) {
    const part = $ref.replace('#/$defs/', '');
    return `[${part}](#part-${part})`;
  }
  if (only !== undefined) return code(only);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (oneOf !== undefined) return '[a code](errors.md)';
  if (words !== undefined) return words.map((word) => code(String(word))).join(', ');
  if (type === undefined) return 'anything';
  const names = typeof type === 'string' ? [type] : type;
  return names.map((name) => nameOf(name, format, items)).join(' or ');
}

function nameOf(type: string, format: string | undefined, items: Schema | undefined): string {
  if (type === 'array') return `array of ${items === undefined ? 'anything' : typeOf(items)}`;
  if (type === 'string') return format === 'date-time' ? 'time' : 'string';
  return type === 'integer' ? 'number' : type;
}
