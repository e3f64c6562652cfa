/** Holds every JSON document that a run prints against its schema. Each schema is compiled once in a worker. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { COMMANDS } from '../../src/command-table.ts';
import { documentOf, schemaOf } from '../../src/schemas/documents.ts';
import type { Ran } from './run-knox.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a document, a line each; none where it is as its schema says. @param name of the document */
export function faultsOf(name: string, value: unknown): string[] {
  const validate = compiled.get(name) ?? ajv.compile(schemaOf(name));
  compiled.set(name, validate);
  if (validate(value)) return [];
  return validate.errors!.map(
    ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** @throws where something that was printed as JSON is none, or not as its schema says */
export function requireDocuments(argv: readonly string[], { stdout, stderr }: Ran): void {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const command = commandOf(words);
  const isHelp = words.some((word) => ['--help', '-h', 'help', '__complete'].includes(word));
  if (command === null || isHelp) return;
  const faults: string[] = [];
  const text = stdout.toString();
  if (isGiven(words, '--format', 'jsonl')) {
    for (const line of linesOf(text)) faults.push(...faultsOf('audit-line', parse(line)));
  } else if (words.includes('--json') && text !== '') {
    const name = documentOf(command);
    if (name !== null) faults.push(...faultsOf(name, parse(text)));
  }
  if (words.includes('--json'))
    for (const line of linesOf(stderr)) {
      // The command that is run has the same stream.
      if (command === 'run' && !/^\{"(?:error|warning)":/.test(line)) continue;
      const document = parse(line);
      faults.push(...faultsOf(isObject(document) && 'warning' in document ? 'warning' : 'error', document));
    }
  if (faults.length > 0)
    throw new Error(
      `knox ${argv.join(' ')}: not as its schema says\n${faults.slice(0, 20).join('\n')}\n${text.slice(0, 2000)}`,
    );
}

/** The command of a line, wherever global options stand; null for none. */
export function commandOf(words: readonly string[]): string | null {
  const found = COMMANDS.map(({ path }) => path).filter((path) => {
    const [group, verb] = path.split(' ');
    const at = words.indexOf(group!);
    return at !== -1 && (verb === undefined || words.indexOf(verb, at) !== -1);
  });
  const first = (path: string): number => words.indexOf(path.split(' ')[0]!);
  return (
    found.toSorted((one, other) => first(one) - first(other) || other.split(' ').length - one.split(' ').length)[0] ??
    null
  );
}

function isGiven(words: readonly string[], option: string, value: string): boolean {
  return words[words.indexOf(option) + 1] === value && words.includes(option);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`not JSON: ${text.slice(0, 500)}`);
  }
}
