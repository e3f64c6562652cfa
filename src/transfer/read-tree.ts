/** JSON and YAML of names and values, by the yaml package, which knows the line of everything. Numbers and truth are taken as they are written. */
import type { ReadEntry, ReadProblem } from './read-values.ts';

/** @param separator between the names of nested objects, or null where they are refused */
export async function readTree(
  text: string,
  separator: string | null,
): Promise<{ entries: ReadEntry[]; problems: ReadProblem[] }> {
  const { isAlias, isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  // Twice the same name is told with both lines by whoever collects them.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const lineOf = (node: unknown): number => {
    const start = (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
    return lines.linePos(start).line;
  };
  const entries: ReadEntry[] = [];
  const problems: ReadProblem[] = document.errors.map(({ pos, code }) => ({
    line: lines.linePos(pos[0]).line,
    message: `can not be read (${code.toLowerCase().replaceAll('_', ' ')})`,
  }));
  const take = (node: unknown, name: string, depth: number): void => {
    if (!isMap(node)) {
      problems.push({ line: lineOf(node), message: `is no object of names and values` });
      return;
    }
    for (const { key, value } of node.items) {
      const own = isScalar(key) ? String(key.value) : '';
      const whole = name === '' ? own : `${name}${separator}${own}`;
      const target = isAlias(value) ? value.resolve(document) : value;
      if (own === '' || depth > 50) problems.push({ line: lineOf(key), message: 'has a name that is no text' });
      else if (isMap(target) && separator !== null) take(target, whole, depth + 1);
      else if (isScalar(target) && target.value !== null) {
        const written = typeof target.value === 'string' ? target.value : (target.source ?? String(target.value));
        entries.push({ name: whole, value: written, line: lineOf(key) });
      } else if (target === null || isScalar(target)) entries.push({ name: whole, value: '', line: lineOf(key) });
      else
        problems.push({
          line: lineOf(key),
          message: `gives ${whole} a list or an object (--flatten SEP joins the names of objects)`,
        });
    }
  };
  if (problems.length === 0) take(document.contents, '', 0);
  return { entries, problems };
}
