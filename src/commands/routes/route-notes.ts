/** What `knox route add` says of a file that it took: that it names no secret, and where a value of the vault stands in it in the clear. */
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import type { CheckedRoute } from '../../routes/register.ts';
import { routeBytes } from '../../routes/route-records.ts';
import { Scanner } from '../../scan/scanner.ts';
import { soughtValues } from '../../scan/values.ts';
import type { View } from '../../vault/core/view.ts';

/** More places of one file say nothing more. */
const MOST_PLACES = 20;

export interface RouteNote {
  readonly code: 'names_no_secret' | 'plaintext';
  readonly message: string;
}

/** Of each file once, in order. */
export async function routeNotes(view: View, root: string, checked: readonly CheckedRoute[]): Promise<RouteNote[]> {
  const files = new Map(
    checked.filter(({ settings }) => settings.template === null).map((route) => [route.settings.path, route]),
  );
  if (files.size === 0) return [];
  const { owners, patterns } = await soughtValues(view, async () => undefined);
  const scanner = new Scanner(patterns);
  const notes: RouteNote[] = [];
  for (const [path, { settings, placeholders }] of files) {
    if (placeholders === 0)
      notes.push({ code: 'names_no_secret', message: `${printable(path)} uses no secret: write {{secret:NAME}}` });
    scanner.begin();
    scanner.push(routeBytes(root, settings));
    const places = new Map<string, RouteNote>();
    for (const { owner, line } of scanner.end()) {
      const { secret } = owners[owner]!;
      const message = `${printable(path)}:${line} has the value of ${secret} in the clear: use {{secret:${secret}}} there`;
      places.set(message, { code: 'plaintext', message });
    }
    notes.push(...[...places.values()].slice(0, MOST_PLACES));
  }
  return notes;
}

export function tellNotes(context: Context, notes: readonly RouteNote[]): void {
  for (const { code, message } of notes) context.warn(code, message);
}
