/** The most memory that a program held at once: asked of Node as it ends, for it and for each Node program that it starts. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from './measure.ts';

const HOOK = `
process.on('exit', () => {
  const { readFileSync, writeFileSync } = require('node:fs');
  let peak = process.resourceUsage().maxRSS;
  try {
    // The system's own figure begins with what the parent held before the program was started.
    peak = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  } catch {
    // Not Linux: the first figure stands.
  }
  writeFileSync(process.env.BENCH_PEAKS + '/' + process.pid, String(peak));
});
`;

/** In MB, of the greatest of the processes. @throws where it does not exit with 0, or is no Node program */
export function peakOf({ argv, cwd, env }: Command): number {
  const folder = mkdtempSync(join(tmpdir(), 'knox-bench-peak-'));
  try {
    const hook = join(folder, 'hook.cjs');
    writeFileSync(hook, HOOK);
    const peaks = mkdtempSync(join(folder, 'peaks-'));
    const told = { ...env, NODE_OPTIONS: `--require ${hook}`, BENCH_PEAKS: peaks };
    const child = spawnSync(argv[0]!, argv.slice(1), { cwd, env: told, stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.status !== 0) throw new Error(`${argv.join(' ')} ended with ${child.status}: ${child.stderr.toString()}`);
    const kilobytes = readdirSync(peaks).map((name) => Number(readFileSync(join(peaks, name), 'utf8')));
    if (kilobytes.length === 0) throw new Error(`${argv.join(' ')} is no Node program`);
    return Math.max(...kilobytes) / 1024;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
