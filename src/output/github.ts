/** Annotations as GitHub's runners read them from a log (workflow commands). */
import type { Located } from './located.ts';

const COMMAND = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** One line for each finding. */
export function githubText(found: readonly Located[]): string {
  return found
    .map(({ code, severity, message, hint, file, line, column }) => {
      const properties = Object.entries({ title: code, file, line, col: column })
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
      return `::${COMMAND[severity]} ${properties.join(',')}::${escapeData(`${message}\n${hint}`)}`;
    })
    .join('\n');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A comma or colon would end it. */
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
