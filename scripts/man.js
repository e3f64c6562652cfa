/** The manual page, made from the command table and the tables of docs/reference: what `knox COMMAND --help` says, in roff, on one page. Called by the build. */

/**
 * @param {readonly { title: string, commands: readonly { usage: string, summary: string, options: readonly (readonly [string, string])[], examples: readonly string[] }[] }[]} tasks
 * @param {readonly (readonly [string, string])[]} globals options that every command takes
 * @param {{ version: string, description: string }} about
 * @param {{ exits: Readonly<Record<string, string>>, variables: Readonly<Record<string, { means: string }>> }} reference
 * @returns {string} the page
 */
export function manPage(tasks, globals, { version, description }, { exits, variables }) {
  const lines = [
    `.TH KNOX 1 "" "knox ${roff(version)}" "User Commands"`,
    '.SH NAME',
    `knox \\- ${roff(lowerFirst(description).replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B knox',
    '.I COMMAND',
    '[options]',
    '.SH DESCRIPTION',
    text(description),
    'Secrets lie encrypted in one file, by environment. Files that name them hold placeholders, such as',
    text('{{secret:NAME}},'),
    'which are filled in when a file is rendered or a program is run.',
  ];
  for (const { title, commands } of tasks) {
    lines.push(`.SH COMMANDS: ${roff(title.toUpperCase())}`);
    for (const { usage, summary, options, examples } of commands) {
      lines.push(`.SS ${roff(usage)}`, text(summary), ...list(options));
      if (examples.length > 0) lines.push('.PP', '.EX', ...examples.map(text), '.EE');
    }
  }
  lines.push('.SH GLOBAL OPTIONS', 'Every command takes these.', ...list(globals));
  /** @type {(readonly [string, string])[]} */
  const read = Object.entries(variables).map(([name, { means }]) => [name, means]);
  lines.push('.SH ENVIRONMENT', ...list(read), '.SH EXIT STATUS', ...list(Object.entries(exits)));
  lines.push('.SH FILES', ...list([['.knox/vault.db', 'the vault, looked for in this folder and those above it']]));
  return `${lines.join('\n')}\n`;
}

/** @param {readonly (readonly [string, string])[]} rows */
function list(rows) {
  return rows.flatMap(([term, about]) => ['.TP', `\\fB${roff(term)}\\fR`, text(about)]);
}

const NAMED = new Map([
  ['\\', '\\e'],
  ['-', '\\-'],
  ["'", '\\(aq'],
  ['`', '\\(ga'],
  ['^', '\\(ha'],
  ['~', '\\(ti'],
  ['"', '\\(dq'],
]);

/**
 * Text as roff shows it, character by character: nothing in it is a request, an escape or typographic.
 * @param {string} words
 */
export function roff(words) {
  return [...words]
    .map((character) => NAMED.get(character) ?? (character > '~' ? `\\[u${hex(character)}]` : character))
    .join('');
}

/** A line of its own: a dot or a quote at its beginning would make it a request. @param {string} words */
function text(words) {
  const line = roff(words.replaceAll(/\s*\n\s*/g, ' '));
  return line.startsWith('.') ? `\\&${line}` : line;
}

/** @param {string} character */
function hex(character) {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** @param {string} words */
function lowerFirst(words) {
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}
