import { bareNode, knox, makeVault, runOnce } from '../project.ts';
import type { Row } from '../row.ts';

export const get: Row = {
  name: 'get',
  work: 'knox get, key file, 10 secrets, use recorded',
  against: 'bare Node',
  target: 1.75,
  prepare: async (folder) => {
    const [[name, value]] = [...makeVault(folder, 10)] as [[string, string]];
    const work = knox(folder, 'get', name, '-e', 'development', '--key-file', 'key');
    if (runOnce(work) !== value) throw new Error('knox get gave something else than was added');
    return { work, against: bareNode(folder) };
  },
};
