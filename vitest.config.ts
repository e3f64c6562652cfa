import { defineConfig } from 'vitest/config';
import { MissingPrograms } from './test/helpers/missing-programs.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/long/**'],
    reporters: ['default', new MissingPrograms()],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Processes, since better-sqlite3 and the tests' signals belong to a process; two, since that is what a small machine has.
    pool: 'forks',
    maxWorkers: 2,
    // A worker keeps the modules that it loaded: to load them anew for each of so many files takes half a minute. No test may leave anything
    // behind in them.
    isolate: false,
    // Many tests start programs, and a laptop may be busy: a test that waits for a state ends long before.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A state that `expect.poll` waits for comes long before, too.
    expect: { poll: { timeout: 30_000 } },
    // A vault or a key in the environment of whoever runs the tests must not change what they see.
    env: { KNOX_VAULT: '', KNOX_KEY: '', KNOX_KEY_FILE: '', KNOX_KEY_COMMAND: '', KNOX_TRUST: '' },
  },
});
