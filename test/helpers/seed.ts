/** The seed of random tests, printed by each of them: `KNOX_TEST_SEED=…` runs the same again. */
export const SEED = Number(process.env['KNOX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
