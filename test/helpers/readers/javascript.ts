/** Readers in JavaScript, and Node itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse as parseDotenv } from 'dotenv';
import { load as loadJsYaml } from 'js-yaml';
import JSON5 from 'json5';
import { parse as parseJsonc } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { inProcess } from './reader.ts';
import type { Reader } from './reader.ts';

export const JSON_PARSE = inProcess('JSON.parse', (text) => JSON.parse(text) as unknown);

export const JSON5_PACKAGE = inProcess('json5', (text) => JSON5.parse(text));

/** Of what JavaScript has and JSON has not, comments and commas are allowed here: that is JSON with comments. */
// oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- a reader of JavaScript, of texts that the tests made
export const JAVASCRIPT = inProcess('JavaScript', (text) => new Function(`return (${text}\n)`)() as unknown);

export const JSONC_PARSER = inProcess('jsonc-parser', (text) => {
  const faults: ParseError[] = [];
  const value = parseJsonc(text, faults, { allowTrailingComma: true }) as unknown;
  if (faults.length > 0) throw new Error(`${faults.length} faults, the first at ${faults[0]!.offset}`);
  return value;
});

export const YAML_PACKAGE = inProcess('yaml', (text) => parseYaml(text) as unknown);
export const YAML_PACKAGE_1_1 = inProcess(
  'yaml, as YAML 1.1',
  (text) => parseYaml(text, { version: '1.1' }) as unknown,
);
export const JS_YAML = inProcess('js-yaml', (text) => loadJsYaml(text));

export const SMOL_TOML = inProcess('smol-toml', (text) => parseToml(text));

export const DOTENV = inProcess('dotenv', (text) => ({ ...parseDotenv(text) }));

export const NODE_PARSE_ENV = inProcess('util.parseEnv', (text) => ({ ...parseEnv(text) }));

/** `node --env-file` itself, which nothing but a new process shows. */
export const NODE_ENV_FILE: Reader = {
  name: 'node --env-file',
  missing: () => null,
  atMost: 4,
  read: async (documents) => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-readers-'));
    try {
      return documents.map(({ text, names }) => {
        writeFileSync(join(folder, 'a.env'), text);
        const script = `process.stdout.write(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)))`;
        const answer = execFileSync(process.execPath, ['--env-file=a.env', '-e', script], {
          cwd: folder,
          env: {},
          encoding: 'utf8',
        });
        const values = JSON.parse(answer) as string[];
        return { value: Object.fromEntries(names.map((name, index) => [name, values[index]])) };
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
