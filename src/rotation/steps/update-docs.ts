/** Step 10: the record of the rotation as Markdown, and a person's word that the documentation was updated. */
import type { Outcome, Step, Work } from '../types.ts';
import { writeRecord } from '../write-record.ts';

export const updateDocs: Step = { id: 'update-docs', run };

async function run(work: Work): Promise<Outcome> {
  const { answers, guide } = work;
  const file = await writeRecord(work);
  const isVouched =
    answers.confirm.has('update-docs') ||
    (await guide.vouch({
      step: 'update-docs',
      question: 'Is your documentation up to date?',
      lines: [`The record of this rotation: ${file}`],
    })) === true;
  if (isVouched) return { kind: 'done', facts: { of: 'documented', file } };
  const why = { of: 'documentation', file } as const;
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments: [], why } };
}
