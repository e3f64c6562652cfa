/**
 * A page's text, put together so that nothing gets into it unescaped: a template whose parts are escaped unless they were made by the same
 * template. What can't be seen (controls, marks that turn the direction) is shown, as everywhere in knox.
 */
import { printable } from '../domain/printable.ts';

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Markup | string | number | null | undefined | readonly Part[];

/** Text between tags, or in the double quotes of an attribute. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(texts.map((text, index) => text + (index < parts.length ? escaped(parts[index]) : '')).join(''));
}

function escaped(part: Part): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(escaped).join('');
  return printable(String(part)).replaceAll(/[&<>"']/g, (character) => ENTITY[character]!);
}

const ENTITY: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
