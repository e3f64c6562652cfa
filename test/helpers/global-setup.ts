/**
 * Builds `dist/` once before any test, so that the tests of the built program see the present source. Tests of the source alone
 * can run where that fails; `builtProgram()` and test/cli/build.test.ts cannot.
 *
 * All temporary files of the tests lie in one folder, which goes with the run whatever a test left: in memory where there is room, since
 * thousands of vaults are made, and each commit of one waits for its disk. A test of a full disk or of another file system mounts its own.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.js';

declare module 'vitest' {
  interface ProvidedContext {
    buildFailure: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  let failure = '';
  try {
    await build();
  } catch (error) {
    failure = (error as Error).message;
  }
  project.provide('buildFailure', failure);

  const { TMPDIR: before } = process.env;
  const folder = inMemory() ?? temporary(tmpdir());
  process.env['TMPDIR'] = folder;
  // Programs are started a thousand times: what Node compiled of them once stays with the run.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  return () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    delete process.env['NODE_COMPILE_CACHE'];
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}

const MEMORY = '/dev/shm';
/** Servers and browsers keep their files there too. */
const ROOM_BYTES = 2 ** 31;

/** A folder in memory, or null where there is none, too little room, or no program may be started from it, as in many containers. */
function inMemory(): string | null {
  let folder: string | null = null;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM_BYTES) return null;
    folder = temporary(MEMORY);
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
    if (spawnSync(program).status === 0) {
      rmSync(program);
      return folder;
    }
  } catch {
    // The disk does as well, and takes longer.
  }
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  return null;
}

/** Open to all, as the system's own is. The name is short: a socket's path has hardly a hundred characters. */
function temporary(parent: string): string {
  const folder = mkdtempSync(join(parent, 'knox-test-'));
  chmodSync(folder, 0o1777);
  return folder;
}
