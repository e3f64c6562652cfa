import { defineConfig } from 'vitest/config';
import { MissingPrograms } from './test/helpers/missing-programs.ts';

/** `npm run test:long`: the same kinds of test with many more rounds; minutes, not seconds. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    passWithNoTests: true,
    reporters: ['default', new MissingPrograms()],
    globalSetup: ['test/helpers/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    env: { KNOX_VAULT: '', KNOX_KEY: '', KNOX_KEY_FILE: '', KNOX_KEY_COMMAND: '', KNOX_TRUST: '' },
  },
});
