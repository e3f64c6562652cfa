/**
 * `npm run bench -- [--only NAME,…] [--rounds N] [--json FILE]`: one row for each thing whose speed is promised. A ratio over its
 * target is shown and is no failure: nothing that runs by itself judges a time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.js';
import { measure, measurePeak } from './measure.ts';
import type { Measured } from './measure.ts';
import { peakOf } from './peak.ts';
import type { Row } from './row.ts';
import { auditVerify } from './rows/audit-verify.ts';
import { audit } from './rows/audit.ts';
import { check } from './rows/check.ts';
import { getScale } from './rows/get-scale.ts';
import { get } from './rows/get.ts';
import { importRow } from './rows/import.ts';
import { list } from './rows/list.ts';
import { mask } from './rows/mask.ts';
import { memory } from './rows/memory.ts';
import { rekey } from './rows/rekey.ts';
import { renderOne } from './rows/render-one.ts';
import { render } from './rows/render.ts';
import { rotate } from './rows/rotate.ts';
import { run } from './rows/run.ts';
import { scanHistory } from './rows/scan-history.ts';
import { scan } from './rows/scan.ts';
import { start } from './rows/start.ts';
import { unlock } from './rows/unlock.ts';

const ROWS: readonly Row[] = [
  start,
  get,
  getScale,
  unlock,
  renderOne,
  render,
  run,
  mask,
  importRow,
  rotate,
  list,
  check,
  audit,
  auditVerify,
  scan,
  scanHistory,
  rekey,
  memory,
];
const FEWEST_ROUNDS = 15;

type Result = Pick<Row, 'name' | 'work' | 'against' | 'target'> &
  ({ missing: string } | (Measured & { peakMb: number }));

async function resultOf(row: Row, rounds: number): Promise<Result> {
  const { name, work, against, target } = row;
  const folder = mkdtempSync(join(tmpdir(), 'knox-bench-'));
  try {
    const sides = await row.prepare(folder);
    if ('missing' in sides) return { name, work, against, target, ...sides };
    const compare = row.measure === 'memory' ? measurePeak : measure;
    const measured = compare(sides.work, sides.against, rounds);
    return { name, work, against, target, ...measured, peakMb: peakOf(sides.work) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lineOf(result: Result): string[] {
  const { name, work, against, target } = result;
  const said = 'missing' in result ? `${result.missing} is not on this machine` : figures(result, target);
  const peak = 'missing' in result ? '' : `${result.peakMb.toFixed(0)} MB`;
  return [name, work, against, said, `${target} or less`, peak];
}

function figures({ unit, workFigure, againstFigure, ratio }: Measured, target: number): string {
  const verdict = ratio <= target ? '' : ', missed';
  return `${ratio.toFixed(2)} (${workFigure.toFixed(1)} / ${againstFigure.toFixed(1)} ${unit}${verdict})`;
}

function tableOf(lines: readonly string[][]): string {
  const all = [['row', 'work', 'against', 'ratio', 'target', 'peak'], ...lines];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' }, rounds: { type: 'string', default: '25' } },
});
const only = values.only?.split(',') ?? ROWS.map((row) => row.name);
const unknown = only.filter((name) => !ROWS.some((row) => row.name === name));
const rounds = Number(values.rounds);
if (unknown.length > 0 || !Number.isSafeInteger(rounds) || rounds < FEWEST_ROUNDS) {
  console.error(`usage: npm run bench -- [--only ${ROWS.map((row) => row.name).join(',')}] [--rounds N] [--json FILE]`);
  console.error(unknown.length > 0 ? `no such row: ${unknown.join(', ')}` : `--rounds is ${FEWEST_ROUNDS} or more`);
  process.exitCode = 2;
} else {
  await build();
  const results: Result[] = [];
  for (const row of ROWS.filter(({ name }) => only.includes(name))) {
    console.error(`measuring ${row.name}`);
    results.push(await resultOf(row, rounds));
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}, ${machine}; medians of ${rounds}\n`);
  console.log(tableOf(results.map(lineOf)));
  if (values.json !== undefined) {
    const about = { at: new Date().toISOString(), node: process.versions.node, machine, rounds };
    writeFileSync(values.json, `${JSON.stringify({ ...about, rows: results }, null, 2)}\n`);
  }
}
