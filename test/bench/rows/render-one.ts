import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareNode, knox, makeVault, runOnce } from '../project.ts';
import type { Row } from '../row.ts';

const PLACEHOLDERS = 100;

export const renderOne: Row = {
  name: 'render-one',
  work: `knox render, one file of ${PLACEHOLDERS} placeholders`,
  against: 'bare Node',
  target: 2,
  prepare: async (folder) => {
    const secrets = [...makeVault(folder, 10)];
    const file = (text: (name: string, value: string) => string) => {
      const lines = Array.from({ length: PLACEHOLDERS }, (_, index) => {
        const [name, value] = secrets[index % secrets.length]!;
        return `  "setting_${index}": "${text(name, value)}"`;
      });
      return `{\n${lines.join(',\n')}\n}\n`;
    };
    writeFileSync(
      join(folder, 'config.json'),
      file((name) => `{{secret:${name}}}`),
    );
    const work = knox(folder, 'render', 'config.json', '-e', 'development', '--key-file', 'key');
    if (runOnce(work) !== file((_, value) => value)) throw new Error('knox render gave another file than expected');
    return { work, against: bareNode(folder) };
  },
};
