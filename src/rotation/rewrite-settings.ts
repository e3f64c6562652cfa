/** A probe's address and headers name secrets too: they follow the file of their environment. */
import type { RouteContent } from '../vault/records/route.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import { recordReferences } from '../vault/secrets/held-references.ts';

type Settings = Pick<RouteContent, 'probe' | 'headers'>;

/** Names of secrets that a probe's settings hold, `@current` and `@previous` left out. */
export function namesInSettings({ probe, headers }: Settings): string[] {
  return placeholdersOf({ probe, headers }).flatMap(({ name, at }) => (at === null ? [name] : []));
}

/** What a route holds now: in its text, and in what its probe sends. */
export function referencesIn(settings: Settings, { placeholders }: Template): readonly string[] {
  return recordReferences([...placeholders, ...placeholdersOf(settings)]);
}

function placeholdersOf(settings: Settings): Placeholder[] {
  return textsOf(settings).flatMap((text) => [...parseTemplate(Buffer.from(text)).placeholders]);
}

/** @param nameFor the name to put in place of one, or null to leave it */
export function rewriteSettings({ probe, headers }: Settings, nameFor: (name: string) => string | null): Settings {
  const rewrite = (text: string): string => {
    const { output } = rewriteNames(parseTemplate(Buffer.from(text)), ({ name, at }) =>
      at === null ? nameFor(name) : null,
    );
    return Buffer.from(output).toString('utf8');
  };
  return {
    probe: probe === null ? null : rewrite(probe),
    headers: headers.map(rewrite),
  };
}

function textsOf({ probe, headers }: Settings): readonly string[] {
  return [...(probe === null ? [] : [probe]), ...headers];
}
