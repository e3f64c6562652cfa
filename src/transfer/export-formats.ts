/** How values are written out: one format an entry of the table. What is read back by the format's own consumer is exactly the value. */
import { randomBytes } from 'node:crypto';
import { sealTo } from '../crypto/sealed-box.ts';
import type { EXPORT_FORMATS } from '../domain/choices.ts';
import { reveal, revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { quoted } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { parseTemplate, renderTemplate } from '../templates/template.ts';
import type { FormatName } from '../templates/template.ts';

/** Holds a value: never logged. */
export interface Entry {
  /** As it is to be called. */
  readonly name: string;
  readonly value: Plaintext;
}

export interface ExportOptions {
  /** Of a Kubernetes secret. */
  readonly name: string;
  /** What the service's public-key call returned, or null. */
  readonly publicKey: { readonly key: string; readonly key_id: string } | null;
  /** For what goes to stderr beside the export. */
  readonly tell: (line: string) => void;
}

interface Format {
  /** Names that it can hold. */
  readonly names: RegExp;
  readonly write: (entries: readonly Entry[], options: ExportOptions) => Buffer;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ANY = /^/;

/** A line a value, each escaped by the writer of a config format. */
function lines(format: FormatName, line: (name: string) => string): Format['write'] {
  return (entries) =>
    Buffer.concat(
      entries.map(({ name, value }) => {
        const rendered = renderTemplate(parseTemplate(Buffer.from(line(name))), format, () => value);
        if ('output' in rendered) return rendered.output;
        const [problem] = rendered.problems;
        throw errors.template_invalid(
          `${name} cannot be written in this format: ${problem!.message.replace(/^\{\{.*?\}\}: /, '')}`,
        );
      }),
    );
}

const HOLE = '{{secret:value}}';

/** @throws invalid_value */
function textOf({ name, value }: Entry): string {
  const text = revealText(value);
  if (text === null)
    throw errors.invalid_value(
      `the value of ${name} is not UTF-8, and this format holds text`,
      'use --format kubernetes or --format github',
    );
  return text;
}

const json: Format['write'] = (entries) =>
  Buffer.from(`${JSON.stringify(Object.fromEntries(entries.map((entry) => [entry.name, textOf(entry)])), null, 2)}\n`);

/** `NAME<<WORD`, the value, `WORD`: a random word that the value does not hold, and each line masked in the job's log. */
const githubEnv: Format['write'] = (entries, { tell }) =>
  Buffer.concat(
    entries.map((entry) => {
      const text = textOf(entry);
      for (const line of text.split(/\r\n|\r|\n/).filter((part) => part !== ''))
        tell(`::add-mask::${line.replaceAll('%', '%25').replaceAll('\r', '%0D')}`);
      let word = '';
      do word = `knox_${randomBytes(16).toString('hex')}`;
      while (text.includes(word));
      return Buffer.from(`${entry.name}<<${word}\n${text}\n${word}\n`);
    }),
  );

const github: Format['write'] = (entries, { publicKey }) => {
  if (publicKey === null)
    throw errors.usage(
      '--format github needs --public-key FILE',
      "FILE is the JSON that the service's public-key call returns",
    );
  const bodies = entries.map(({ name, value }) => {
    const sealed = sealTo(publicKey.key, reveal(value));
    if (sealed === null)
      throw errors.invalid_value('the public key is not 32 bytes of base64', 'use the JSON as the service returned it');
    return { name, encrypted_value: sealed, key_id: publicKey.key_id };
  });
  return Buffer.from(`${JSON.stringify(bodies, null, 2)}\n`);
};

const kubernetes: Format['write'] = (entries, { name }) => {
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
    throw errors.invalid_name(
      `invalid name for a Kubernetes secret: ${quoted(name)}`,
      'use lower-case letters, digits, "-" and "."',
    );
  const data = entries.map(
    (entry) => `  ${JSON.stringify(entry.name)}: ${Buffer.from(reveal(entry.value)).toString('base64')}\n`,
  );
  const head = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\ntype: Opaque\n`;
  return Buffer.from(`${head}${data.length === 0 ? 'data: {}\n' : `data:\n${data.join('')}`}`);
};

const FORMATS: Readonly<Record<(typeof EXPORT_FORMATS)[number], Format>> = {
  dotenv: { names: VARIABLE, write: lines('dotenv', (name) => `${name}=${HOLE}\n`) },
  'docker-env': { names: VARIABLE, write: lines('docker-env', (name) => `${name}=${HOLE}\n`) },
  'systemd-env': { names: VARIABLE, write: lines('systemd-env', (name) => `${name}=${HOLE}\n`) },
  json: { names: ANY, write: json },
  yaml: { names: ANY, write: lines('yaml', (name) => `${JSON.stringify(name)}: ${HOLE}\n`) },
  shell: { names: VARIABLE, write: lines('text', (name) => `export ${name}={{secret:value|shell}}\n`) },
  github: { names: /^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i, write: github },
  'github-env': { names: VARIABLE, write: githubEnv },
  kubernetes: { names: /^[A-Za-z0-9._-]{1,253}$/, write: kubernetes },
};

export function exportFormat(name: (typeof EXPORT_FORMATS)[number]): Format {
  return FORMATS[name];
}

/** @throws invalid_name for names that the format can't hold, invalid_value, template_invalid */
export function writeExport(format: Format, entries: readonly Entry[], options: ExportOptions): Buffer {
  const bad = entries.filter(({ name }) => !format.names.test(name)).map(({ name }) => name);
  if (bad.length > 0)
    throw errors.invalid_name(
      `names that this format does not allow: ${bad.join(', ')}`,
      'list the names to export, use json or yaml, or write "-" as "_" with --upper',
    );
  return format.write(entries, options);
}
