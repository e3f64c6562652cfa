import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeLongLog } from '../long-log.ts';
import { knox } from '../project.ts';
import type { Row } from '../row.ts';

const LONG = 1_000_000;
const SHORT = 1000;

export const audit: Row = {
  name: 'audit',
  work: `knox audit, last 50 of ${LONG} entries`,
  against: `last 50 of ${SHORT}`,
  target: 1.2,
  prepare: async (folder) => {
    const [long, short] = ['long', 'short'].map((name) => join(folder, name)) as [string, string];
    for (const place of [long, short]) mkdirSync(place);
    await makeLongLog(long, LONG);
    await makeLongLog(short, SHORT);
    const look = (place: string) => knox(place, 'audit', '--limit', '50', '--json', '--key-file', 'key');
    return { work: look(long), against: look(short) };
  },
};
