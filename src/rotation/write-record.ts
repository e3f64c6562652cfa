/** The record of a rotation, kept as a Markdown file in the project, where it is committed with what it tells of. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeInside } from '../files/root-file.ts';
import { writeAtomically } from '../files/write-file.ts';
import { describeRotation } from './describe-rotation.ts';
import { record } from './record-text.ts';
import type { Work } from './types.ts';

const DEFAULT_FOLDER = 'docs/rotations';

/** Folder of the records, from the root. */
export function recordsFolder({ settings }: Pick<Work, 'settings'>): string {
  return settings.get('records') ?? DEFAULT_FOLDER;
}

/** Writes it as the rotation stands now. @returns the file's path from the root @throws io */
export async function writeRecord(work: Work): Promise<string> {
  const { rotation, vault, root } = work;
  const path = join(recordsFolder(work), `${rotation.secrets[0]!.to}.md`);
  const text = await vault.read(async (view) => record(await describeRotation(view, rotation)));
  const place = placeInside(root, join(root, path));
  // A folder for people, as their other ones are.
  mkdirSync(dirname(place), { recursive: true });
  writeAtomically(place, Buffer.from(text), { mode: 0o644 });
  return path;
}
