/** Random values in every format of `export`: what its consumer reads is exactly the value, or the export was refused. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect } from 'vitest';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import { EXPORT_FORMATS } from '../../src/domain/choices.ts';
import { exportFormat, writeExport } from '../../src/transfer/export-formats.ts';
import { testNeeding } from '../helpers/needing.ts';
import {
  DOTENV,
  JSON_PARSE,
  JS_YAML,
  NODE_ENV_FILE,
  NODE_PARSE_ENV,
  YAML_PACKAGE,
} from '../helpers/readers/javascript.ts';
import { LIBYAML, PYTHON_JSON, PYYAML } from '../helpers/readers/python.ts';
import type { Reader, Rendered } from '../helpers/readers/reader.ts';
import { DOCKER_RULES, SYSTEMD_RULES } from '../helpers/readers/rules.ts';
import { GITHUB_ENV, GITHUB_SECRETS, KUBECTL, repositoryKey } from '../helpers/readers/services.ts';
import { BASH, DOCKER, SH } from '../helpers/readers/shell.ts';
import { value } from './documents.ts';

type Format = (typeof EXPORT_FORMATS)[number];
const CONSUMERS: Readonly<Partial<Record<Format, readonly Reader[]>>> = {
  dotenv: [NODE_PARSE_ENV, DOTENV, SH, BASH, NODE_ENV_FILE],
  'docker-env': [DOCKER_RULES, DOCKER],
  'systemd-env': [SYSTEMD_RULES],
  json: [JSON_PARSE, PYTHON_JSON],
  yaml: [PYYAML, LIBYAML, YAML_PACKAGE, JS_YAML],
  shell: [SH, BASH],
  github: [GITHUB_SECRETS],
  'github-env': [GITHUB_ENV],
  kubernetes: [KUBECTL],
};

let publicKey: { key: string; key_id: string };
beforeAll(async () => {
  await loadSodium();
  publicKey = await repositoryKey();
});

describe.each(
  EXPORT_FORMATS.flatMap((format) => (CONSUMERS[format] === undefined ? [] : [[format, CONSUMERS[format]] as const])),
)('export --format %s', (format, consumers) => {
  const readers = consumers.filter((reader) => reader.missing() === null);

  const absent = consumers.flatMap((reader) => reader.missing() ?? []);
  testNeeding(
    readers.length > 0 ? [] : absent,
    `is read back by ${consumers.map(({ name }) => name).join(', ')}`,
    async () => {
      const values = fc.array(value, { minLength: 1, maxLength: 3 });
      const batch = fc.array(values, { minLength: 300, maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(batch, async (lists) => {
          const good = lists.flatMap((list) => written(format, list));
          expect(good.length).toBeGreaterThan(30);
          for (const reader of readers) {
            const read = good.slice(0, reader.atMost);
            const found = await reader.read(read);
            for (const [index, { expected, text }] of read.entries())
              expect(found[index], `${reader.name}: ${JSON.stringify(text)}`).toEqual({ value: expected });
          }
        }),
        { numRuns: 1, endOnFailure: true },
      );
    },
  );
});

type Written = Rendered & { readonly expected: Readonly<Record<string, string>> };

/** Empty where the format cannot hold one of the values. */
function written(format: Format, list: readonly string[]): Written[] {
  const expected = Object.fromEntries(list.map((text, index) => [`k${index}`, text]));
  const entries = Object.entries(expected).map(([name, text]) => ({ name, value: Plaintext.fromText(text) }));
  try {
    const bytes = writeExport(exportFormat(format), entries, { name: 'knox', publicKey, tell: () => undefined });
    return [{ text: bytes.toString('utf8'), names: Object.keys(expected), expected }];
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return [];
  }
}
