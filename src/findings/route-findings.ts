/** What is wrong with registered routes: found by reading them, without resolving a value. Needs no key. */
import { isKnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import { activeRotations } from '../rotation/describe-rotation.ts';
import { stateOf } from '../rotation/find-rotation.ts';
import type { Registration } from '../routes/registrations.ts';
import type { StoredRow } from '../store/tables.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import { secretByName, versionAt } from '../vault/find-secret.ts';
import { heldNames } from '../vault/held-references.ts';
import { SHARED } from '../vault/manifest.ts';
import { leftOutOf } from '../vault/partial-copy.ts';
import type { View } from '../vault/view.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** @param chosen the registrations to look at; those of the project at hand, since only their files can be seen */
export async function routeFindings(view: View, root: string, chosen: readonly Registration[]): Promise<Finding[]> {
  // What a copy was made without is not missing.
  const sight = { view, root, left: await leftOutOf(view), takenBack: await takenBackVersions(view) };
  const found: Finding[] = [];
  for (const registration of chosen) found.push(...(await findingsOf(sight, registration)));
  return found;
}

interface Sight {
  readonly view: View;
  readonly root: string;
  /** Environments, `shared` among them, whose values are not here. */
  readonly left: ReadonlySet<string>;
  /** Ids of versions that are withdrawn, or are being taken back. */
  readonly takenBack: ReadonlySet<string>;
}

async function takenBackVersions(view: View): Promise<ReadonlySet<string>> {
  const found = new Set((await view.find('secret', { state: 'withdrawn' })).map(({ id }) => id));
  for (const row of await activeRotations(view)) {
    if (stateOf(row) !== 'rolling-back') continue;
    for (const { to_secret: to } of await view.find('rotation_secret', { rotation: row.id })) found.add(to);
  }
  return found;
}

async function findingsOf(sight: Sight, registration: Registration): Promise<Finding[]> {
  const found = await ofText(sight, registration);
  // What a probe sends is no part of the file, and fails just as late.
  for (const text of [registration.probe ?? '', ...(JSON.parse(registration.headers) as string[])]) {
    for (const placeholder of parseTemplate(Buffer.from(text, 'utf8')).placeholders)
      found.push(...(await ofPlaceholder(sight, registration, placeholder, `the probe of ${registration.path}`)));
  }
  return found;
}

async function ofText(sight: Sight, registration: Registration): Promise<Finding[]> {
  const { root } = sight;
  const { path, environment } = registration;
  const place = { route: path, environment };
  const bytes = registration.template === null ? readFile(root, path) : Buffer.from(registration.template, 'utf8');
  if (bytes === null) {
    const hint = `put it back, or: knox route remove ${path} -e ${environment}`;
    return [finding('missing-file', { ...place, message: `${path} is not there or can not be read`, hint })];
  }
  const template = parse(bytes);
  if (typeof template === 'string') {
    const message = `${path}: ${template}`;
    return [finding('template-invalid', { ...place, message, hint: `mend it, then: knox route check ${path}` })];
  }
  const found = template.problems.map(({ line, column, message }) =>
    finding('template-invalid', {
      ...place,
      place: { line, column },
      message: `${path}:${line}:${column}: ${message}`,
      hint: `mend it, then: knox route check ${path}`,
    }),
  );
  for (const placeholder of template.placeholders)
    found.push(
      ...(await ofPlaceholder(sight, registration, placeholder, `${path}:${placeholder.line}:${placeholder.column}`)),
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
  { view, left, takenBack }: Sight,
  registration: Registration,
  placeholder: Placeholder,
  where: string,
): Promise<Finding[]> {
  const { path, environment } = registration;
  const { name, at } = placeholder;
  // A probe's text stands in no file.
  const inFile = where.startsWith(`${path}:`) && registration.template === null;
  const place = {
    secret: name,
    route: path,
    environment,
    ...(inFile ? { place: { line: placeholder.line, column: placeholder.column } } : {}),
  };
  const secret = await secretOf(view, placeholder, environment);
  if (secret === null) {
    const hint = `add it: knox add ${name} -e ${environment}`;
    return [
      finding('unresolved-reference', { ...place, message: `${where} names ${name}, which does not exist`, hint }),
    ];
  }
  const found: Finding[] = [];
  const held = secret.scope === 'shared' ? SHARED : environment;
  if (!left.has(held) && (await view.findOne('value', { secret: secret.id, environment: held })) === null) {
    await view.refuseVanished(`value:${secret.name}:${held}`, `the value of ${secret.name} for ${held}`);
    const message = `${where} names ${secret.name}, which has no value for ${environment}`;
    found.push(finding('missing-value', { ...place, message, hint: `add it: knox add ${name} -e ${environment}` }));
  }
  if (!heldNames(registration).includes(name)) {
    const message = `${where} names ${name}, which was not there when the route was registered`;
    const hint = `look at it, then: knox route add ${path} -e ${environment}`;
    found.push(finding('new-reference', { ...place, message, hint }));
  }
  const current = at === null && !left.has(held) ? await secretOf(view, { name, at: 'current' }, environment) : null;
  if (current !== null && current.id !== secret.id && takenBack.has(secret.id)) {
    const message = `${where} names ${secret.name}, which was rolled back; ${environment} is on ${current.name}`;
    const hint = `name ${current.name} there, then: knox route add ${path} -e ${environment}`;
    found.push(finding('route-outdated', { ...place, message, hint }));
  } else if (current !== null && current.version > secret.version) {
    const message = `${where} names ${secret.name}, but ${environment} is on ${current.name}`;
    const hint = `name that one; a rotation under way does it: knox rotate ${secret.name}`;
    found.push(finding('route-outdated', { ...place, message, hint }));
  }
  return found;
}

async function secretOf(
  view: View,
  { name, at }: Pick<Placeholder, 'name' | 'at'>,
  environment: string,
): Promise<StoredRow<'secret'> | null> {
  if (at === null) return secretByName(view, name);
  try {
    return await versionAt(view, name, at, environment);
  } catch (error) {
    if (isKnoxError(error) && error.code === 'secret_not_found') return null;
    throw error;
  }
}
