/**
 * Names of the vault at hand for completing a word: what its file says, unverified, without a key and without what checking one would load.
 * Whatever a file holds is shown only where it is a name, or a path that can be seen for what it is.
 */
import { isEnvironmentName } from '../domain/environment-name.ts';
import { isPrintable } from '../domain/printable.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import type { ReadTransaction } from '../store/store.ts';
import type { Candidate, Names } from './names.ts';

type Read = <T>(work: (transaction: ReadTransaction) => Promise<readonly T[]>) => Promise<readonly T[]>;

/** @param given `--vault` or `KNOX_VAULT`; what cannot be read gives no names, and no error */
export function vaultNames(given: string | null, cwd: string): Names {
  const read: Read = async (work) => {
    try {
      const [{ findVault }, { SqliteStore }] = await Promise.all([
        import('../files/find-vault.ts'),
        import('../store/sqlite/sqlite-store.ts'),
      ]);
      const store = await SqliteStore.open(findVault({ given, cwd }).file);
      try {
        return await store.read(work);
      } finally {
        await store.close();
      }
    } catch {
      return [];
    }
  };
  return {
    async secrets() {
      const records = await read((transaction) => recordsOf(transaction, 'name'));
      const notes = new Map<string, string>();
      for (const { id, body } of records) {
        const { state, note } = body as { state?: unknown; note?: unknown };
        if (state === 'live' && isName(id) && !notes.has(id)) notes.set(id, typeof note === 'string' ? note : '');
      }
      return sorted([...notes].map(([text, about]) => ({ text, about })));
    },
    environments: async () => (await read(environmentsOf)).filter(({ text }) => isEnvironmentName(text)),
    async routes() {
      const records = await read((transaction) => recordsOf(transaction, 'route'));
      const byPath = Map.groupBy(records, ({ body }) => (body as { path?: unknown }).path);
      const all = [...byPath].flatMap(([path, own]) =>
        typeof path === 'string' ? [{ text: path, about: own.map(({ realm }) => realm).join(', ') }] : [],
      );
      return sorted(all).filter(({ text }) => isPrintable(text));
    },
    async rotations() {
      const bases = await read(rotatedBases);
      return sorted([...new Set(bases)].map((text) => ({ text, about: 'under way' }))).filter(({ text }) =>
        isName(text),
      );
    },
  };
}

interface Realm {
  readonly id: string;
  readonly name: string;
  readonly production: boolean;
}

async function realmsOf(transaction: ReadTransaction): Promise<readonly Realm[]> {
  const body = Buffer.from((await transaction.manifest())?.body ?? []).toString('utf8');
  return (JSON.parse(body) as { realms: Realm[] }).realms;
}

async function environmentsOf(transaction: ReadTransaction): Promise<Candidate[]> {
  return (await realmsOf(transaction)).map(({ name, production }) => ({
    text: name,
    about: production ? 'production' : '',
  }));
}

/** What was read of one record: `realm` is a name, `body` whatever JSON says. */
interface RawRecord {
  readonly realm: string;
  readonly id: string;
  readonly body: object;
}

const PAGE = 1000;

/** Every record of a kind, in the vault's order of realms. */
async function recordsOf(transaction: ReadTransaction, kind: string): Promise<RawRecord[]> {
  const found: RawRecord[] = [];
  for (const realm of await realmsOf(transaction)) {
    for (let after = ''; ;) {
      const rows = await transaction.page(realm.id, kind, after, PAGE);
      for (const { id, body } of rows) found.push({ realm: realm.name, id, body: JSON.parse(body) as object });
      if (rows.length < PAGE) break;
      after = rows.at(-1)!.id;
    }
  }
  return found;
}

async function rotatedBases(transaction: ReadTransaction): Promise<string[]> {
  const parts = (await recordsOf(transaction, 'rotation')).map(
    ({ body }) => body as { endedAt: string | null; secrets: { base: string }[] },
  );
  return parts.flatMap(({ endedAt, secrets }) => (endedAt === null ? secrets.map(({ base }) => base) : []));
}

function isName(text: string): boolean {
  return parseSecretName(text) !== null;
}

function sorted(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((left, right) => (left.text < right.text ? -1 : 1));
}
