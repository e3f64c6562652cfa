/**
 * Names of the vault at hand for completing a word: what its file says, unverified, without a key and without what checking one would load.
 * Whatever a file holds is shown only where it is a name, or a path that can be seen for what it is.
 */
import { isEnvironmentName } from '../domain/environment-name.ts';
import { isPrintable } from '../domain/printable.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import type { ReadTransaction } from '../store/store.ts';
import type { Candidate } from './candidates.ts';
import type { Names } from './values.ts';

type Read = <T>(work: (transaction: ReadTransaction) => Promise<readonly T[]>) => Promise<readonly T[]>;

/** @param given `--vault` or `KNOX_VAULT`; what can not be read gives no names, and no error */
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
      const rows = await read((transaction) => transaction.find('secret', { state: 'live' }));
      return sorted(rows.map(({ name, note }) => ({ text: name, about: note ?? '' }))).filter(({ text }) =>
        isName(text),
      );
    },
    environments: async () => (await read(environmentsOf)).filter(({ text }) => isEnvironmentName(text)),
    async routes() {
      const rows = await read((transaction) => transaction.find('registration', {}));
      const byPath = Map.groupBy(rows, ({ path }) => path);
      const all = [...byPath].map(([text, own]) => ({
        text,
        about: own.map(({ environment }) => environment).join(', '),
      }));
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

async function environmentsOf(transaction: ReadTransaction): Promise<Candidate[]> {
  const body = Buffer.from((await transaction.manifest())?.body ?? []).toString('utf8');
  const { environments } = JSON.parse(body) as { environments: { name: string; production: boolean }[] };
  return environments.map(({ name, production }) => ({ text: name, about: production ? 'production' : '' }));
}

async function rotatedBases(transaction: ReadTransaction): Promise<string[]> {
  const active = (await transaction.find('rotation', {})).filter(({ ended_at: end }) => end === null);
  const secrets = await Promise.all(active.map(({ id }) => transaction.find('rotation_secret', { rotation: id })));
  return secrets.flat().map(({ base }) => base);
}

function isName(text: string): boolean {
  return parseSecretName(text) !== null;
}

function sorted(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((left, right) => (left.text < right.text ? -1 : 1));
}
