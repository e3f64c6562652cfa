/** `knox schema`: the JSON Schema of a document that knox prints, or which documents there are. Needs neither vault nor key. */
import type { Run } from '../../command-line/command.ts';
import { DOCUMENT_NAMES, DOCUMENTS, requireDocument, schemaOf } from '../../schemas/documents.ts';
import type { Schema } from './declared.ts';

export const schema: Run<Schema> = async (_context, { document: words }) => {
  if (words.length === 0) {
    const all = DOCUMENT_NAMES.map((name) => ({
      name,
      about: DOCUMENTS[name]!.about,
      commands: DOCUMENTS[name]!.commands,
    }));
    const rows = all.map(({ name, about, commands }) => [
      { text: name, tone: 'name' as const },
      commands.map((command) => `knox ${command}`).join(', '),
      about,
    ]);
    return { json: all, table: { head: ['Document', 'Printed by', 'What it is'], rows, prose: [1, 2] } };
  }
  const found = schemaOf(requireDocument(words));
  return { json: found, text: JSON.stringify(found, null, 2) };
};
