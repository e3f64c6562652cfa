/**
 * Finding a name, its version and its value in one transaction: no fallback, no default, no closest environment. What is found for an
 * environment is decided by that environment's own records. Others are asked for what is shown to a person, and for what an error says.
 */
import { closest } from '../../domain/lookalike.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import { requireSecretName } from '../../domain/secret-name.ts';
import { errors, noLiveVersion } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import { requireInCopy } from '../core/partial-copy.ts';
import { SHARED } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import type { LineageRecord, NameRecord, ValueRecord } from '../records/kinds.ts';

export interface FoundValue {
  /** What the environment itself says of the name. */
  readonly record: NameRecord;
  /** In the environment, or in `shared`. */
  readonly value: ValueRecord;
  /** The realm that a use of it is recorded in. */
  readonly usedIn: string;
}

/** Whether a name is one that can be asked for. */
export function isStanding({ state }: Pick<NameRecord, 'state'>): boolean {
  return state === 'live' || state === 'withdrawn';
}

/** The live or withdrawn name in one realm, or null. @param realm an environment, or `shared` */
export async function nameIn(view: View, name: string, realm: string): Promise<NameRecord | null> {
  const record = await view.get('name', realm, name);
  return record !== null && isStanding(record) ? record : null;
}

/** Realms in the order in which they are shown: those that can be read first. */
export function shownOrder(view: View): readonly string[] {
  const [realms, readable] = [view.realmNames(), view.readableRealms()];
  if (readable.length === realms.length) return realms;
  return [...readable, ...realms.filter((realm) => !view.canRead(realm))];
}

/** What each realm says of a standing name, those first that can be read; the rest is as the file says, not verified. */
export async function standingRecords(view: View, name: string): Promise<NameRecord[]> {
  const found: NameRecord[] = [];
  for (const realm of shownOrder(view)) {
    const record = await nameIn(view, name, realm);
    if (record !== null) found.push(record);
  }
  return found;
}

/**
 * What is shown of a name: what the first realm says that can be read, else the first at all. It decides nothing for an environment.
 * @throws secret_not_found, with the name that is close; invalid_name where there can be none of that name
 */
export async function requireSecret(view: View, name: string): Promise<NameRecord> {
  const [first] = await standingRecords(view, name);
  if (first !== undefined) return first;
  throw await notFound(view, name);
}

/** The standing name in one realm. @throws secret_not_found where no realm has it, value_missing, environment_not_found */
export async function requireName(view: View, name: string, realm: string): Promise<NameRecord> {
  requireRealm(view, realm);
  const record = await nameIn(view, name, realm);
  if (record !== null) return record;
  throw await missingIn(view, name, realm);
}

/**
 * The value that a name has for an environment. @param environment or `shared`
 * @throws secret_not_found, value_missing, not_granted, environment_not_found, vault_damaged
 */
export async function requireValue(view: View, name: string, environment: string): Promise<FoundValue> {
  requireRealm(view, environment);
  if (view.ring !== null && !view.canRead(environment)) {
    await requireSecret(view, name);
    view.ring.realmKey(environment);
  }
  return valueOfRecord(view, await requireName(view, name, environment));
}

/**
 * The value of a name whose own record is at hand, in whatever state. A shared one must be the very ciphertext that the environment took up.
 * @throws value_missing, not_granted, vault_damaged
 */
export async function valueOfRecord(view: View, record: NameRecord): Promise<FoundValue> {
  const { name, realm } = record;
  if (realm === SHARED || record.shared === null) {
    const value = await view.valueOf(record);
    if (value !== null) return { record, value, usedIn: realm };
    throw noValue(name, realm);
  }
  requireInCopy(view, SHARED);
  view.ring?.realmKey(SHARED);
  const shared = await view.get('name', SHARED, name);
  const value = shared === null ? null : await view.valueOf(shared);
  if (value === null) throw noValue(name, SHARED);
  if ((await view.boxHash(value)) !== record.shared) throw notTakenUp(name, realm);
  return { record, value, usedIn: realm };
}

/** What a name holds for an environment. @throws as `requireValue`, and vault_locked */
export async function decryptNamed(view: View, name: string, environment: string): Promise<Plaintext> {
  return view.decrypt((await requireValue(view, name, environment)).value);
}

/** The lineage, in one realm, of the name that stands there; else the one of this base; else of the name that was there last. */
export async function lineageOf(view: View, name: string, realm: string): Promise<LineageRecord | null> {
  const record = await view.get('name', realm, name);
  const ofRecord = () => (record === null ? null : view.get('lineage', realm, record.base));
  if (record !== null && record.state !== 'deleted') return ofRecord();
  return (await view.get('lineage', realm, name)) ?? ofRecord();
}

/** All versions that a realm has or had of a lineage, the newest first. A name that belongs to another one by now is none of them. */
export async function versionsIn(view: View, lineage: LineageRecord): Promise<NameRecord[]> {
  return versionsBy(lineage, (name) => view.get('name', lineage.realm, name));
}

/** The same for a comparison of many: what has invalid content is ignored, with a warning. */
export async function versionsAmongMany(view: View, lineage: LineageRecord): Promise<NameRecord[]> {
  return versionsBy(lineage, (name) => view.find('name', lineage.realm, name));
}

async function versionsBy({ base, names }: LineageRecord, get: (name: string) => Promise<NameRecord | null>) {
  const found: NameRecord[] = [];
  for (const name of names) {
    const record = await get(name);
    if (record?.base === base) found.push(record);
  }
  return found.toSorted((left, right) => right.version - left.version);
}

/** The version of a lineage that an environment is on, or was on before. @throws secret_not_found, value_missing, environment_not_found */
export async function versionAt(
  view: View,
  name: string,
  at: 'current' | 'previous',
  environment: string,
): Promise<NameRecord> {
  requireRealm(view, environment);
  const lineage = await lineageOf(view, name, environment);
  const found = lineage === null ? null : (await chosenVersions(view, lineage))[at];
  if (found !== null) return found;
  throw await missingVersion(view, name, environment);
}

/** What `@current` and `@previous` mean in a realm; null where no version lives there. */
export async function chosenVersions(
  view: View,
  lineage: LineageRecord,
): Promise<{ readonly current: NameRecord | null; readonly previous: NameRecord | null }> {
  const live = (await versionsIn(view, lineage)).filter((record) => record.state === 'live');
  const current = live.find(({ name }) => name === lineage.current) ?? live[0] ?? null;
  if (current === null) return { current, previous: null };
  const before = lineage.previous ?? live.find(({ version }) => version < current.version)?.name;
  return { current, previous: live.find(({ name }) => name === before) ?? current };
}

/** @throws environment_not_found; value_missing where the vault is a copy that was made without it */
function requireRealm(view: View, realm: string): void {
  if (realm !== SHARED) view.requireEnvironment(realm);
  requireInCopy(view, realm);
}

/** Why a realm has no such name. What others say chooses the words alone. */
async function missingIn(view: View, name: string, realm: string): Promise<KnoxError> {
  const standing = (await standingRecords(view, name)).map((record) => record.realm);
  if (standing.length === 0) return notFound(view, name);
  return realm !== SHARED && standing.includes(SHARED) ? notTakenUp(name, realm) : noValue(name, realm);
}

/** Why a realm is on no version of a lineage: the same. */
async function missingVersion(view: View, name: string, realm: string): Promise<KnoxError> {
  let isKnown = false;
  for (const other of shownOrder(view)) {
    const lineage = await lineageOf(view, name, other);
    const { current } = lineage === null ? { current: null } : await chosenVersions(view, lineage);
    if (current !== null) return missingIn(view, current.name, realm);
    isKnown ||= lineage !== null;
  }
  if (!isKnown) return notFound(view, name);
  const hint = `add a value: knox add ${name} ${realm === SHARED ? '--shared' : `-e ${realm}`}`;
  return noLiveVersion(name, hint);
}

async function notFound(view: View, name: string): Promise<KnoxError> {
  requireSecretName(name);
  const live = (await view.across('name')).filter(({ state }) => state === 'live');
  const near = closest(
    name,
    live.map((record) => record.name),
  );
  return errors.secret_not_found(
    `there is no secret ${name}`,
    near === null ? `add it: knox add ${name} -e ENV` : `did you mean ${near}?`,
  );
}

export function noValue(name: string, realm: string): KnoxError {
  return realm === SHARED
    ? errors.value_missing(
        `${name} has no shared value`,
        `it has a value for each environment: knox get ${name} -e ENV`,
      )
    : errors.value_missing(`${name} has no value for ${realm}`, `add it: knox add ${name} -e ${realm}`);
}

function notTakenUp(name: string, environment: string): KnoxError {
  return errors.value_missing(
    `${environment} has not taken up the present shared value of ${name}`,
    `to use it there: knox set ${name} --shared -e ${environment}`,
  );
}
