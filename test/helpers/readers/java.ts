/** `java.util.Properties` and Java's XML parser: one process a batch. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { needs } from './reader.ts';
import type { ReadBack, Reader } from './reader.ts';

const PROGRAM = fileURLToPath(new URL('ReadBack.java', import.meta.url));

function java(name: string, kind: 'properties' | 'xml'): Reader {
  return {
    name,
    missing: needs('java'),
    read: async (documents) => {
      const input = documents.map(({ text }) => Buffer.from(text, 'utf8').toString('base64')).join('\n');
      const output = execFileSync('java', ['-Xshare:auto', PROGRAM, kind], {
        input,
        encoding: 'utf8',
        maxBuffer: 256 << 20,
        // What Java says of options in the environment is not an answer.
        env: { PATH: process.env['PATH'] },
      });
      return output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ReadBack);
    },
  };
}

export const JAVA_PROPERTIES = java('java.util.Properties', 'properties');
export const JAVA_XML = java("Java's XML parser", 'xml');
