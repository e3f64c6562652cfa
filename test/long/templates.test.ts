/** A million random documents, each read back by every reader that is here. */
import { describe, expect, test } from 'vitest';
import { SEED } from '../helpers/seed.ts';
import { KINDS } from '../property/kinds.ts';
import { readsBack } from '../property/reads-back.ts';

const DOCUMENTS = 1_000_000;
const BATCH = 2500;
const BATCHES = Math.ceil(DOCUMENTS / KINDS.length / BATCH);
describe(`rendered files, ${BATCHES} times ${BATCH} a kind, KNOX_TEST_SEED=${SEED}`, () => {
  test.each(KINDS)('$name', { timeout: 7_200_000 }, async (kind) => {
    const counted = await readsBack(kind, { batches: BATCHES, batch: BATCH, seed: SEED });
    expect(counted.documents).toBe(BATCHES * BATCH);
  });
});
