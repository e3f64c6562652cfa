/** A vault of so many secrets that importing them would take too long. */
import { Plaintext } from '../../src/domain/plaintext.ts';
import { lineageContent, nameContent } from '../helpers/vault.ts';
import { openMade } from './open-made.ts';

/** A change is held in memory until it is committed. */
const BATCH = 20_000;

/** Adds `count` secrets with a value for development each. */
export async function makeManyRows(folder: string, count: number): Promise<void> {
  const vault = await openMade(folder);
  const realm = 'development';
  for (let first = 0; first < count; first += BATCH) {
    await vault.change(async (change) => {
      for (let index = first; index < Math.min(count, first + BATCH); index += 1) {
        const name = `NAME_${index}`;
        const plaintext = Plaintext.fromText(`the-value-with-number-${index}`);
        const { id } = await change.putValue(realm, name, plaintext, { sameAs: [], wrongEnvironment: false });
        await change.put('lineage', realm, lineageContent(change, name));
        await change.put('name', realm, nameContent(change, name, { value: id, note: null }));
      }
      change.log({ action: 'import', environment: realm });
    });
  }
  await vault.close();
}
