/** Tests of what a machine may lack: skipped where one of the programs is missing, and the name says what they need. */
import { describe, test } from 'vitest';
import type { ProgramName } from '../../scripts/test-programs.js';
import { isHere } from './programs.ts';

type Needed = readonly ProgramName[];

const needs = (programs: Needed): string => (programs.length === 0 ? '' : ` (needs ${programs.join(', ')})`);

export function testNeeding(programs: Needed, name: string, run: () => Promise<void> | void): void {
  test.skipIf(!programs.every(isHere))(`${name}${needs(programs)}`, () => run());
}

export function describeNeeding(programs: Needed, name: string, run: () => void): void {
  describe.skipIf(!programs.every(isHere))(`${name}${needs(programs)}`, () => {
    run();
  });
}
