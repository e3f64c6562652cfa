import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from '../project.ts';
import type { Row } from '../row.ts';
import { madeUpText, makeSoughtVault, ripgrepVersion } from '../scan-project.ts';

const SECRETS = 1000;
const FILES = 10_000;
const FILE_BYTES = 50_000;

const ripgrep = ripgrepVersion();

export const scan: Row = {
  name: 'scan',
  work: `knox scan, ${SECRETS} secrets in all their forms, ${(FILES * FILE_BYTES) / 1e6} MB in ${FILES} files`,
  against: `rg -F -f with the same patterns but UTF-16 (${ripgrep ?? 'ripgrep'})`,
  target: 1.5,
  prepare: async (folder) => {
    if (ripgrep === null) return { missing: 'ripgrep' };
    const value = makeSoughtVault(folder, SECRETS);
    const texts = Array.from({ length: 100 }, (_, number) => madeUpText(number, FILE_BYTES));
    for (let file = 0; file < FILES; file += 1) {
      const into = join(folder, 'tree', `d${Math.floor(file / 200)}`);
      if (file % 200 === 0) mkdirSync(into, { recursive: true });
      writeFileSync(join(into, `f${file}.txt`), texts[file % texts.length]!);
    }
    // Both must find it: else one of them did not look.
    appendFileSync(join(folder, 'tree/d7/f1405.txt'), `\nkey=${value}\n`);
    return {
      work: shell(folder, 'knox scan tree --key-file key; [ $? -eq 3 ]'),
      against: shell(folder, 'rg --no-config -uuu -a -F -f patterns tree'),
    };
  },
};
