import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knox, makeVault, runOnce, script } from '../project.ts';
import type { Row } from '../row.ts';

const FILES = 1000;
const PLACEHOLDERS = 10;

/** What somebody would write without knox, as safely: a temporary file, made durable, renamed. */
const PLAIN = `
const fs = require('node:fs');
const values = JSON.parse(fs.readFileSync('values.json', 'utf8'));
fs.mkdirSync('plain/files', { recursive: true });
for (let index = 0; index < ${FILES}; index++) {
  const name = 'files/' + index + '.json';
  const text = fs.readFileSync(name, 'utf8').replace(/\\{\\{secret:(\\w+)\\}\\}/g, (_all, secret) => JSON.stringify(values[secret]).slice(1, -1));
  const handle = fs.openSync('plain/' + name + '.tmp', 'w', 0o600);
  fs.writeFileSync(handle, text);
  fs.fsyncSync(handle);
  fs.closeSync(handle);
  fs.renameSync('plain/' + name + '.tmp', 'plain/' + name);
}
`;

export const render: Row = {
  name: 'render',
  work: `knox render, ${FILES} files of ${PLACEHOLDERS} placeholders`,
  against: 'a plain Node script, as safely',
  target: 1.5,
  prepare: async (folder) => {
    const secrets = makeVault(folder, 10);
    const names = [...secrets.keys()];
    mkdirSync(join(folder, 'files'));
    const files = Array.from({ length: FILES }, (_, index) => `files/${index}.json`);
    const lines = Array.from(
      { length: PLACEHOLDERS },
      (_, index) => `  "setting_${index}": "{{secret:${names[index % names.length]}}}"`,
    );
    for (const file of files) writeFileSync(join(folder, file), `{\n${lines.join(',\n')}\n}\n`);
    writeFileSync(join(folder, 'values.json'), JSON.stringify(Object.fromEntries(secrets)));
    const work = knox(folder, 'render', ...files, '-e', 'development', '--key-file', 'key', '--out-dir', 'out');
    runOnce(work);
    return { work, against: script(folder, 'plain.cjs', PLAIN) };
  },
};
