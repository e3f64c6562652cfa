/** A probe's address and headers name secrets too: they follow the file of their environment. */
import { parseTemplate, rewriteNames } from '../templates/template.ts';

interface Settings {
  readonly probe: string | null;
  /** JSON array of `NAME: TEXT`. */
  readonly headers: string;
}

/** Names of secrets that a probe's settings hold, `@current` and `@previous` left out. */
export function namesInSettings({ probe, headers }: Settings): string[] {
  return textsOf({ probe, headers }).flatMap((text) =>
    parseTemplate(Buffer.from(text)).placeholders.flatMap(({ name, at }) => (at === null ? [name] : [])),
  );
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
