/** JSON and YAML of names and values, by the yaml package, which knows the line of everything. Numbers and truth are taken as they are written. */
import { nameText } from './name-text.ts';
import type { ReadEntry, ReadProblem } from './entries.ts';

/** A few lines of aliases of aliases stand for more names than any machine can hold. */
const MOST_NAMES = 100_000;
/** YAML's key for the names of another object, which those of the object itself hide. */
const MERGE = '<<';

/** @param separator between the names of nested objects, or null where they are refused */
export async function readTree(
  text: string,
  separator: string | null,
): Promise<{ entries: ReadEntry[]; problems: ReadProblem[] }> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  // Twice the same name is told with both lines by whoever collects them.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const lineOf = (node: unknown): number => {
    const start = (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
    return lines.linePos(start).line;
  };
  const entries: ReadEntry[] = [];
  const tags = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const problems: ReadProblem[] = tags.map(({ pos }) => ({
    line: lines.linePos(pos[0]).line,
    message: 'has a tag for another program to fill in',
  }));
  for (const { pos, code } of document.errors)
    problems.push({
      line: lines.linePos(pos[0]).line,
      message: `cannot be read (${code.toLowerCase().replaceAll('_', ' ')})`,
    });
  // The package's own way from an alias to its anchor walks the whole document each time.
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  const mergedInto = (node: unknown) => {
    const sources = isSeq(node) ? node.items.map(resolved) : [resolved(node)];
    const maps = sources.filter((source) => isMap(source));
    return maps.length === sources.length ? maps : null;
  };
  let taken = 0;
  const nameOf = (key: unknown): string => (isScalar(key) ? String(key.value) : '');
  const resolved = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);
  /** @param hidden names that an object has itself, or from an earlier one, where this one is merged into it */
  const take = (node: unknown, name: string, depth: number, hidden: ReadonlySet<string> = new Set()): void => {
    if (!isMap(node)) {
      problems.push({ line: lineOf(node), message: `is not an object of names and values` });
      return;
    }
    const known = new Set([...hidden, ...node.items.map(({ key }) => nameOf(key))]);
    for (const { key, value } of node.items) {
      if ((taken += 1) > MOST_NAMES) return;
      const own = nameOf(key);
      const isMerge = own === MERGE && isScalar(key) && key.type === 'PLAIN';
      if (hidden.has(own) && !isMerge) continue;
      const merged = isMerge ? mergedInto(resolved(value)) : null;
      if (merged !== null && depth <= 50) {
        for (const source of merged) {
          take(source, name, depth + 1, known);
          for (const item of source.items) known.add(nameOf(item.key));
        }
        continue;
      }
      const whole = name === '' ? own : `${name}${separator}${own}`;
      const target = resolved(value);
      if (isMerge) problems.push({ line: lineOf(key), message: 'merges something that is not an object (<<)' });
      else if (own === '' || depth > 50) problems.push({ line: lineOf(key), message: 'has a name that is not text' });
      else if (isMap(target) && separator !== null) take(target, whole, depth + 1);
      else if (isScalar<string | number | bigint | boolean | null>(target) && target.value !== null) {
        const written = typeof target.value === 'string' ? target.value : (target.source ?? String(target.value));
        entries.push({ name: whole, value: written, line: lineOf(key) });
      } else if (target === null || isScalar(target)) entries.push({ name: whole, value: '', line: lineOf(key) });
      else
        problems.push({
          line: lineOf(key),
          message: `gives ${nameText(whole)} ${separator === null ? 'a list or an object (--flatten SEP joins the names of objects)' : 'a list, which --flatten does not join'}`,
        });
    }
  };
  if (problems.length === 0) take(document.contents, '', 0);
  if (taken > MOST_NAMES)
    return { entries: [], problems: [{ line: 1, message: `holds more than ${MOST_NAMES} names` }] };
  return { entries, problems };
}
