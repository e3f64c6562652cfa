/** The texts in a source file, by the bundler's parser: literals as a person would read them, and comments. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { visit } from './import-graph.ts';
import type { Node } from './import-graph.ts';
import { ROOT } from './built-program.ts';

/** `place` is FILE:LINE. */
export interface Text {
  readonly place: string;
  readonly text: string;
}

type Placed = Node & { readonly start: number };

export function filesOf(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: ROOT, exclude: ['**/node_modules/**', 'dist/**'] }).map((path) =>
    path.replaceAll('\\', '/'),
  );
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** String literals and templates; what a template fills in is `…`. */
export function literalsIn(file: string, source = read(file)): Text[] {
  const found: Text[] = [];
  visit(parsed(source, file), (node) => {
    const text = textOf(node);
    if (text !== null) found.push({ place: placeOf(source, file, node as Placed), text });
  });
  return found;
}

/** The first words that a call of one of these functions is given, and `errors.CODE(…)`: what an error says, where it is written out. */
export function messagesIn(file: string, functions: readonly string[], source = read(file)): Text[] {
  const found: Text[] = [];
  visit(parsed(source, file), (node) => {
    if (node.type !== 'CallExpression') return;
    const { object, property, name } = node['callee'] as Record<string, Node | string | undefined>;
    const called = typeof name === 'string' ? name : ((property as Node | undefined)?.['name'] as string | undefined);
    const isCatalogue = (object as Node | undefined)?.['name'] === 'errors';
    if (!isCatalogue && !functions.includes(called ?? '')) return;
    const given = node['arguments'] as Node[];
    const message = given[isCatalogue || called !== 'warn' ? 0 : 1];
    for (const one of message === undefined ? [] : branchesOf(message))
      found.push({ place: placeOf(source, file, one as Placed), text: textOf(one) ?? '…' });
  });
  return found;
}

/** Both sides of `a ? b : c`. */
function branchesOf(node: Node): Node[] {
  if (node.type !== 'ConditionalExpression') return [node];
  return [...branchesOf(node['consequent'] as Node), ...branchesOf(node['alternate'] as Node)];
}

export function commentsIn(file: string, source = read(file)): Text[] {
  return source.split('\n').flatMap((line, index) => {
    const comment = /^\s*(?:\/\*\*?|\*|\/\/)(.*)|\s\/\/ (.*)$/.exec(line);
    return comment === null ? [] : [{ place: `${file}:${index + 1}`, text: (comment[1] ?? comment[2])!.trim() }];
  });
}

export function linesIn(file: string): Text[] {
  return read(file)
    .split('\n')
    .map((text, index) => ({ place: `${file}:${index + 1}`, text }));
}

function parsed(source: string, file: string): unknown {
  return parseAst(source, { lang: file.endsWith('.ts') ? 'ts' : 'js' }, file);
}

function textOf(node: Node): string | null {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : null;
  if (node.type !== 'TemplateLiteral') return null;
  const parts = node['quasis'] as { value: { cooked: string | null; raw: string } }[];
  return parts.map(({ value }) => value.cooked ?? value.raw).join('…');
}

function placeOf(source: string, file: string, { start }: Placed): string {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < start; at = source.indexOf('\n', at + 1)) line += 1;
  return `${file}:${line}`;
}
