/**
 * Builds `dist/` once before any test, so that the tests of the built program see the present source. Tests of the source alone
 * can run where that fails; `builtProgram()` and test/cli/build.test.ts can not.
 */
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.js';

declare module 'vitest' {
  interface ProvidedContext {
    buildFailure: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  let failure = '';
  try {
    await build();
  } catch (error) {
    failure = (error as Error).message;
  }
  project.provide('buildFailure', failure);
}
