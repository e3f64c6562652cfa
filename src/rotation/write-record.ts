/** The record of a rotation, kept as a Markdown file beside the vault. */
import { join } from 'node:path';
import { writeAtomically } from '../files/write-file.ts';
import { describeRotation } from './describe-rotation.ts';
import { record } from './record-text.ts';
import type { Work } from './types.ts';

/** Writes it as the rotation stands now. @returns the file's path @throws io */
export async function writeRecord({ rotation, vault, records }: Work): Promise<string> {
  const file = join(records, `${rotation.secrets[0]!.to_name}.md`);
  const text = await vault.read(async (view) => record(await describeRotation(view, rotation.row)));
  writeAtomically(file, Buffer.from(text), { mode: 0o644 });
  return file;
}
