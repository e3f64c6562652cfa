import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeManyRows } from '../many-secrets.ts';
import { knox, makeVault } from '../project.ts';
import type { Row } from '../row.ts';

const MANY = 1_000_000;

export const getScale: Row = {
  name: 'get-scale',
  work: `knox get, ${MANY} secrets`,
  against: 'knox get, 10 secrets',
  target: 1.15,
  prepare: async (folder) => {
    const [many, few] = ['many', 'few'].map((name) => join(folder, name)) as [string, string];
    for (const place of [many, few]) mkdirSync(place);
    const [name] = [...makeVault(few, 10).keys()];
    makeVault(many, 10);
    await makeManyRows(many, MANY - 10);
    const get = (place: string) => knox(place, 'get', name!, '-e', 'development', '--key-file', 'key');
    return { work: get(many), against: get(few) };
  },
};
