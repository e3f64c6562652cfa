/** The manual page, made from the command table: what `knox COMMAND --help` says, in roff, on one page. Called by the build. */

/** @type {readonly (readonly [string, string])[]} */
const ENVIRONMENT = [
  ['KNOX_VAULT', 'the vault, as --vault names it'],
  ['KNOX_KEY_FILE', 'the key file, as --key-file names it'],
  ['KNOX_KEY', 'the text of the key file'],
  ['KNOX_KEY_COMMAND', 'a command, run by sh -c, that prints the key'],
  ['KNOX_TRUST', 'the identity of a vault that this machine has not seen before'],
  ['KNOX_HEAD', 'an audit entry, N:HASH, that the vault must contain'],
  ['KNOX_REQUIRE_AUDIT', '1: give no value whose use can not be recorded'],
  ['KNOX_WEBHOOK', 'an address that is told of what happens'],
  ['NO_COLOR', 'no colours'],
];

/** @type {readonly (readonly [string, string])[]} */
const EXIT = [
  ['0', 'done; also an empty list'],
  ['1', 'failed: the disk, the network, a command that knox ran'],
  ['2', 'wrong usage, invalid input, or an answer was needed and there was no terminal'],
  ['3', 'findings'],
  ['4', 'locked: no key, a wrong one, or one that was not given this'],
  ['5', 'not found'],
  ['6', 'conflict'],
  ['7', 'refused by a guard; --force GUARD --reason TEXT overrides it'],
  ['8', 'the vault is damaged, was tampered with or turned back'],
  ['70', 'a bug in knox'],
  ['130', 'cancelled'],
];

/**
 * @param {{ path: string, summary: string, arguments?: readonly string[], options?: readonly { flags: string, about: string }[], examples?: readonly string[] }[]} commands
 * @param {readonly { flags: string, about: string }[]} globals options that every command takes
 * @param {{ version: string, description: string }} about
 * @returns {string} the page
 */
export function manPage(commands, globals, { version, description }) {
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
    '.SH COMMANDS',
  ];
  for (const { path, summary, arguments: words = [], options = [], examples = [] } of commands) {
    lines.push(`.SS ${roff(['knox', path, ...words].join(' '))}`, text(`${upperFirst(summary)}.`));
    lines.push(...list(options.map(rowOf)));
    if (examples.length > 0) lines.push('.PP', '.EX', ...examples.map(text), '.EE');
  }
  lines.push('.SH OPTIONS', 'Every command takes these.', ...list(globals.map(rowOf)));
  lines.push('.SH ENVIRONMENT', ...list(ENVIRONMENT), '.SH EXIT STATUS', ...list(EXIT));
  lines.push('.SH FILES', ...list([['.knox/vault.db', 'the vault, looked for in this folder and those above it']]));
  return `${lines.join('\n')}\n`;
}

/** @param {{ flags: string, about: string }} line @returns {readonly [string, string]} */
function rowOf({ flags, about }) {
  return [flags, about];
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
function upperFirst(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** @param {string} words */
function lowerFirst(words) {
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}
