/** Step 10: the record of the rotation as Markdown, and a person's word that the documentation was updated. */
import { join } from 'node:path';
import { writeAtomically } from '../../files/write-file.ts';
import { describeRotation } from '../describe-rotation.ts';
import { record } from '../record-text.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const updateDocs: Step = { id: 'update-docs', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, answers, guide, records } = work;
  const { to_name: to, base } = rotation.secrets[0]!;
  const file = join(records, `${to}.md`);
  const text = await vault.read(async (view) => record(await describeRotation(view, rotation.row)));
  writeAtomically(file, Buffer.from(text), { mode: 0o644 });
  const isVouched =
    answers.confirm.has('update-docs') ||
    (await guide.vouch({
      step: 'update-docs',
      question: 'Is your documentation up to date?',
      lines: [`The record of this rotation: ${file}`],
    })) === true;
  if (isVouched) return { kind: 'done', detail: `record written to ${file}` };
  const next = `Update the documentation (the record is in ${file}), then: knox rotate ${base} --confirm update-docs`;
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments: [], next } };
}
