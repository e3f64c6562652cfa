/**
 * The table of file formats: which file is in which format, and who writes a value into it. Plain text has no writer:
 * values go in as the bytes that they are.
 */
import { FILE_FORMATS } from '../domain/choices.ts';
import { quoted } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { writeDockerEnv } from './docker-env.ts';
import { writeDotenv } from './dotenv.ts';
import { writeIni } from './ini.ts';
import { isJsonWithComments } from './json-check.ts';
import { writeJson } from './json.ts';
import { writeNginx } from './nginx.ts';
import { writeProperties } from './properties.ts';
import type { Writer } from './skeleton.ts';
import { writeSystemdEnv } from './systemd-env.ts';
import { writeToml } from './toml.ts';
import { writeXml } from './xml.ts';
import { writeYaml } from './yaml.ts';

export type FormatName = (typeof FILE_FORMATS)[number];

interface Format {
  readonly write: Writer;
  /** Whether a rendered file parses, asked where a raw value went in; `null` where knox has no parser of the format. */
  readonly isParsable: ((text: string) => boolean) | null;
}

export const FORMATS: { readonly [Name in FormatName]: Format | null } = {
  json: { write: writeJson, isParsable: isJsonWithComments },
  jsonc: { write: writeJson, isParsable: isJsonWithComments },
  yaml: { write: writeYaml, isParsable: null },
  toml: { write: writeToml, isParsable: null },
  dotenv: { write: writeDotenv, isParsable: null },
  'docker-env': { write: writeDockerEnv, isParsable: null },
  'systemd-env': { write: writeSystemdEnv, isParsable: null },
  properties: { write: writeProperties, isParsable: null },
  xml: { write: writeXml, isParsable: null },
  ini: { write: writeIni, isParsable: null },
  conf: { write: writeNginx, isParsable: null },
  text: null,
};

const BY_ENDING: Readonly<Record<string, FormatName>> = {
  json: 'json',
  jsonc: 'jsonc',
  json5: 'jsonc',
  yaml: 'yaml',
  yml: 'yaml',
  toml: 'toml',
  env: 'dotenv',
  properties: 'properties',
  xml: 'xml',
  ini: 'ini',
  conf: 'conf',
};

/** What templates are called beyond what they become: `app.json.tmpl`. */
const TEMPLATE_ENDING = /\.(?:tmpl|tpl|template|gotmpl|j2|jinja2?|erb|in|dist|example|sample)$/;

/**
 * The format of a file by its name: the ending decides, then `.env.*`, then the name without the ending of a template; anything else is
 * plain text.
 */
export function formatOf(path: string): FormatName {
  const file = nameOf(path);
  return knownFormat(file) ?? knownFormat(file.replace(TEMPLATE_ENDING, '')) ?? 'text';
}

/**
 * The same for what is rendered into a target. A template, or what has no name (null), is in the format of the target where the target's
 * name says one.
 */
export function formatFor(path: string | null, target: string | null): FormatName {
  const isTemplate = path === null || (knownFormat(nameOf(path)) === null && TEMPLATE_ENDING.test(nameOf(path)));
  const ofTarget = target === null || !isTemplate ? null : knownFormat(nameOf(target));
  return ofTarget ?? (path === null ? 'text' : formatOf(path));
}

function nameOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? '').toLowerCase();
}

function knownFormat(file: string): FormatName | null {
  const ending = file.includes('.') ? file.slice(file.lastIndexOf('.') + 1) : '';
  if (Object.hasOwn(BY_ENDING, ending)) return BY_ENDING[ending]!;
  return file.startsWith('.env.') ? 'dotenv' : null;
}

/** Reads the value of `--format`. Throws `usage`. */
export function parseFormatName(text: string): FormatName {
  const format = FILE_FORMATS.find((name) => name === text);
  if (format === undefined) throw errors.usage(`unknown format ${quoted(text)}`, `formats: ${FILE_FORMATS.join(', ')}`);
  return format;
}
