/** A probe's address and headers name secrets too: they follow the file of their environment. */
import type { Row } from '../store/tables.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import { recordReferences } from '../vault/held-references.ts';

interface Settings {
  readonly probe: string | null;
  /** JSON array of `NAME: TEXT`. */
  readonly headers: string;
}

/** Names of secrets that a probe's settings hold, `@current` and `@previous` left out. */
export function namesInSettings({ probe, headers }: Settings): string[] {
  return placeholdersOf({ probe, headers }).flatMap(({ name, at }) => (at === null ? [name] : []));
}

/** The row with what it holds now: in its text, and in what its probe sends. */
export function withReferences(row: Row<'registration'>, { placeholders }: Template): Row<'registration'> {
  return { ...row, names: recordReferences([...placeholders, ...placeholdersOf(row)]) };
}

function placeholdersOf(settings: Settings): Placeholder[] {
  return textsOf(settings).flatMap((text) => [...parseTemplate(Buffer.from(text)).placeholders]);
}

/** @param nameFor the name to put in place of one, or null to leave it */
export function rewriteSettings(
  { probe, headers }: Settings,
  nameFor: (name: string) => string | null,
): { probe: string | null; headers: string } {
  const rewrite = (text: string): string => {
    const { output } = rewriteNames(parseTemplate(Buffer.from(text)), ({ name, at }) =>
      at === null ? nameFor(name) : null,
    );
    return Buffer.from(output).toString('utf8');
  };
  return {
    probe: probe === null ? null : rewrite(probe),
    headers: JSON.stringify((JSON.parse(headers) as string[]).map(rewrite)),
  };
}

function textsOf({ probe, headers }: Settings): string[] {
  return [...(probe === null ? [] : [probe]), ...(JSON.parse(headers) as string[])];
}
