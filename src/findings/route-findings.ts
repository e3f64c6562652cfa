/** What is wrong with registered routes: found by reading them, without resolving a value. Each goes by its own environment. Needs no key. */
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import { activeRotations } from '../rotation/describe-rotation.ts';
import type { ReadRotation } from '../rotation/read-rotation.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import {
  chosenVersions,
  lineageOf,
  nameIn,
  requireName,
  valueOfRecord,
  versionAt,
} from '../vault/secrets/find-secret.ts';
import { heldNames } from '../vault/secrets/held-references.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RouteRecord } from '../vault/records/kinds.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/**
 * @param chosen the routes to look at; those of the project at hand, since only their files can be seen
 * @param active rotations under way
 */
export async function routeFindings(
  view: View,
  root: string,
  chosen: readonly RouteRecord[],
  active?: readonly ReadRotation[],
): Promise<Finding[]> {
  const going = (active ?? (await activeRotations(view))).filter(({ state }) => state === 'rolling-back');
  const sight = { view, root, goingBack: new Set(going.flatMap(({ secrets }) => secrets.map(({ to }) => to))) };
  const found: Finding[] = [];
  for (const route of chosen) found.push(...(await findingsOf(sight, route)));
  return found;
}

interface Sight {
  readonly view: View;
  readonly root: string;
  /** Names of versions that are being taken back. */
  readonly goingBack: ReadonlySet<string>;
}

async function findingsOf(sight: Sight, record: RouteRecord): Promise<Finding[]> {
  const found = await ofText(sight, record);
  // What a probe sends is not part of the file, and fails just as late.
  for (const text of [record.probe ?? '', ...record.headers]) {
    for (const placeholder of parseTemplate(Buffer.from(text, 'utf8')).placeholders)
      found.push(...(await ofPlaceholder(sight, record, placeholder, `the probe of ${record.path}`)));
  }
  return found;
}

async function ofText(sight: Sight, record: RouteRecord): Promise<Finding[]> {
  const { root } = sight;
  const { path, realm: environment } = record;
  const place = { route: path, environment };
  const bytes = record.template === null ? readFile(root, path) : Buffer.from(record.template, 'utf8');
  if (bytes === null) {
    const hint = `restore it, or: knox route remove ${path} -e ${environment}`;
    return [finding('missing-file', { ...place, message: `${path} is missing or cannot be read`, hint })];
  }
  const template = parse(bytes);
  if (typeof template === 'string') {
    const message = `${path}: ${template}`;
    return [finding('template-invalid', { ...place, message, hint: `fix it, then: knox route check ${path}` })];
  }
  const found = template.problems.map(({ line, column, message }) =>
    finding('template-invalid', {
      ...place,
      place: { line, column },
      message: `${path}:${line}:${column}: ${message}`,
      hint: `fix it, then: knox route check ${path}`,
    }),
  );
  for (const placeholder of template.placeholders)
    found.push(
      ...(await ofPlaceholder(sight, record, placeholder, `${path}:${placeholder.line}:${placeholder.column}`)),
    );
  return found;
}

function readFile(root: string, path: string): Uint8Array | null {
  try {
    return findRootFile(root, path)?.bytes ?? null;
  } catch (error) {
    if (isKnoxError(error)) return null;
    throw error;
  }
}

function parse(bytes: Uint8Array): Template | string {
  try {
    return parseTemplate(bytes);
  } catch (error) {
    if (isKnoxError(error)) return error.message;
    throw error;
  }
}

/** @param where the placeholder stands, for the person */
async function ofPlaceholder(
  { view, goingBack }: Sight,
  record: RouteRecord,
  placeholder: Placeholder,
  where: string,
): Promise<Finding[]> {
  const { path, realm: environment } = record;
  const { name, at } = placeholder;
  // A probe's text stands in no file.
  const inFile = where.startsWith(`${path}:`) && record.template === null;
  const place = {
    secret: name,
    route: path,
    environment,
    ...(inFile ? { place: { line: placeholder.line, column: placeholder.column } } : {}),
  };
  const found: Finding[] = [];
  const secret = await secretOf(view, placeholder, environment);
  const missing = await missingOf(view, placeholder, environment, secret);
  if (missing?.code === 'secret_not_found') {
    const hint = `add it: knox add ${name} -e ${environment}`;
    return [
      finding('unresolved-reference', { ...place, message: `${where} names ${name}, which does not exist`, hint }),
    ];
  }
  if (missing !== null) {
    const message = `${where} names ${secret?.name ?? name}, which has no value for ${environment}`;
    found.push(finding('missing-value', { ...place, message, hint: missing.hints[0]! }));
  }
  if (!heldNames(record).includes(name)) {
    const message = `${where} names ${name}, which was added after the route was registered`;
    const hint = `review it, then: knox route add ${path} -e ${environment}`;
    found.push(finding('new-reference', { ...place, message, hint }));
  }
  if (at !== null || secret === null) return found;
  const current = await secretOf(view, { name, at: 'current' }, environment);
  const isTakenBack = secret.state === 'withdrawn' || goingBack.has(secret.name);
  if (current !== null && current.name !== secret.name && isTakenBack) {
    const message = `${where} names ${secret.name}, which was rolled back; ${environment} is on ${current.name}`;
    const hint = `use ${current.name} there, then: knox route add ${path} -e ${environment}`;
    found.push(finding('route-outdated', { ...place, message, hint }));
  } else if (current !== null && current.version > secret.version) {
    const message = `${where} names ${secret.name}, but ${environment} is on ${current.name}`;
    const hint = `use ${current.name} there; a rotation in progress does it: knox rotate ${secret.name}`;
    found.push(finding('route-outdated', { ...place, message, hint }));
  }
  return found;
}

/** Why it would give no value, as far as that can be seen; null where nothing says so. @param secret what it means there */
async function missingOf(
  view: View,
  { name, at }: Pick<Placeholder, 'name' | 'at'>,
  environment: string,
  secret: NameRecord | null,
): Promise<KnoxError | null> {
  // What this key does not open, or what the copy was made without, is not missing.
  if (secret !== null && secret.shared !== null && view.ring !== null && !view.canRead(SHARED)) return null;
  try {
    if (secret !== null) await valueOfRecord(view, secret);
    else if (at === null) await requireName(view, name, environment);
    else await versionAt(view, name, at, environment);
    return null;
  } catch (error) {
    if (isKnoxError(error) && (error.code === 'secret_not_found' || error.code === 'value_missing')) return error;
    throw error;
  }
}

/** What a placeholder means in its environment, or null. */
async function secretOf(
  view: View,
  { name, at }: Pick<Placeholder, 'name' | 'at'>,
  environment: string,
): Promise<NameRecord | null> {
  if (at === null) return nameIn(view, name, environment);
  const lineage = await lineageOf(view, name, environment);
  return lineage === null ? null : (await chosenVersions(view, lineage))[at];
}
