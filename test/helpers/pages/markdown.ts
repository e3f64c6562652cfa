/** Pieces of pages that are made from the code. */

/** @param source what the page is made from, in words */
export function page(title: string, source: string, ...parts: readonly string[]): string {
  const made = `This page is made from ${source}; \`npm run docs\` makes it again, and a test holds the two together.`;
  return `${[`# ${title}`, ...parts, made].join('\n\n')}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}
