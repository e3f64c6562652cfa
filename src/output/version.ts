/** The version of knox, for documents that name what made them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** From the package's manifest, which is above the sources as it is above the built program. */
export function ownVersion(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'knox-rotate') return version!;
    } catch {
      // None here.
    }
    if (dirname(folder) === folder) return '0.0.0';
  }
}
