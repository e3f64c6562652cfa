/** Hundreds of files in one go: ended by a signal, by a target that cannot be replaced, by a process that was killed. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

const COUNT = 300;
const NAMES = Array.from({ length: COUNT }, (_, index) => `files/${index}.env`);

let project: Project;
beforeEach(async () => {
  project = await makeProject({ development: 'dev-value-1', production: 'prod-value-1' });
  for (const [index, name] of NAMES.entries()) project.write(name, `N=${index}\nKEY={{secret:api_key}}\n`);
});
afterEach(() => project.remove());

const out = () => join(project.folder, 'out');
const written = () => readdirSync(join(out(), 'files'));
const render = (surroundings = {}) =>
  project.knox(['render', ...NAMES, '-e', 'development', '--out-dir', 'out'], '', surroundings);
/** Runs `act` as soon as `isTime`; the returned function gives up. */
function once(isTime: () => boolean, act: () => void): () => void {
  let isOver = false;
  const look = (): void => {
    if (isOver) return;
    if (isTime()) act();
    else setImmediate(look);
  };
  look();
  return () => {
    isOver = true;
  };
}

describe('hundreds of files', () => {
  test('each gets its own text and the value', async () => {
    const ran = await render();
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(written().length).toBe(COUNT);
    for (const [index, name] of NAMES.entries())
      expect(readFileSync(join(out(), name), 'utf8')).toBe(`N=${index}\nKEY='dev-value-1'\n`);
    const json = JSON.parse(
      (await project.knox(['render', ...NAMES, '-e', 'development', '--out-dir', 'out', '--json'])).stdout.toString(),
    ) as { file: string; written: string }[];
    expect(json.map(({ file }) => file)).toEqual(NAMES);
    expect(json[7]!.written).toBe(join(out(), NAMES[7]!));
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s in the middle: exit 130, every target as it was', async (signal) => {
    mkdirSync(join(out(), 'files'), { recursive: true });
    writeFileSync(join(out(), NAMES[3]!), 'before');
    const signals = new EventEmitter();
    const stop = once(
      () => written().length > 5,
      () => signals.emit(signal),
    );
    const ran = await render({ signals });
    stop();
    expect(ran.exit).toBe(130);
    expect(ran.stderr).toContain('nothing was written');
    expect(written()).toEqual(['3.env']);
    expect(readFileSync(join(out(), NAMES[3]!), 'utf8')).toBe('before');
    expect(signals.listenerCount(signal)).toBe(0);
  });

  test('a target that becomes a folder meanwhile: which one and how many were written is said, and no temporary file stays', async () => {
    mkdirSync(join(out(), 'files'), { recursive: true });
    const stop = once(
      () => written().length > 5,
      () => mkdirSync(join(out(), NAMES[250]!)),
    );
    const ran = await render();
    stop();
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(`cannot write ${join(out(), NAMES[250]!)} (250 of 300 files were written)`);
    expect(written().filter((name) => name.includes('tmp'))).toEqual([]);
    expect(written().length).toBe(251);
  });

  test('what a killed run left beside the targets is swept away, what a living one is writing is not', async () => {
    mkdirSync(join(out(), 'files'), { recursive: true });
    const dead = join(out(), 'files', '.0.env.knox-tmp-4194305-abc-1');
    const living = join(out(), 'files', `.0.env.knox-tmp-${process.ppid}-abc-1`);
    const foreign = join(out(), 'files', '.unknown.env.knox-tmp-4194305-abc-1');
    for (const file of [dead, living, foreign]) writeFileSync(file, 'half');
    expect((await render()).exit).toBe(0);
    const left = written().filter((name) => name.includes('tmp'));
    expect(left.toSorted()).toEqual([
      '.0.env.knox-tmp-' + String(process.ppid) + '-abc-1',
      '.unknown.env.knox-tmp-4194305-abc-1',
    ]);
    rmSync(living);
  });

  test('a value is resolved once and used in each file by its own name', async () => {
    await render();
    const entries = (await project.json<{ detail: { uses: { consumer: string }[] } }[]>(['audit', '--action', 'use']))
      .json;
    expect(new Set(entries[0]!.detail.uses.map(({ consumer }) => consumer))).toEqual(new Set(NAMES));
  });
});
