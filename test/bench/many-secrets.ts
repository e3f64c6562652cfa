/** A vault of so many secrets that importing them would take too long. */
import { Plaintext } from '../../src/domain/plaintext.ts';
import { openMade } from './open-made.ts';

/** A change is held in memory until it is committed. */
const BATCH = 20_000;

/** Adds `count` secrets with a value for development each. */
export async function makeManyRows(folder: string, count: number): Promise<void> {
  const vault = await openMade(folder);
  for (let first = 0; first < count; first += BATCH) {
    await vault.change(async (change) => {
      const none = { every: null, expires_at: null, note: null, owner: null, expect_unused: 0 };
      for (let index = first; index < Math.min(count, first + BATCH); index += 1) {
        const name = `NAME_${index}`;
        const [lineage, id] = [change.newId(), change.newId()];
        await change.put('lineage', { id: lineage, base: name, highest: 1, due_at: null, created_at: change.at });
        const made = { created_at: change.at, created_by: 'bench', withdrawn_at: null, deleted_at: null };
        const kinds = { version: 1, state: 'live', scope: 'environments', kind: 'standard' };
        const secret = { id, name, lineage, ...kinds, ...none, ...made };
        await change.put('secret', secret);
        change.noteMade(`secret:${name}`);
        await change.putValue(secret, 'development', Plaintext.fromText(`the-value-with-number-${index}`), {});
      }
      change.log({ action: 'import', environment: 'development' });
    });
  }
  await vault.close();
}
