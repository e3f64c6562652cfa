import { bareNode, knox, makeVault } from '../project.ts';
import type { Row } from '../row.ts';

export const memory: Row = {
  name: 'memory',
  measure: 'memory',
  work: 'knox get, key file, 10 secrets: the most memory held',
  against: 'bare Node',
  target: 1.6,
  prepare: async (folder) => {
    const [name] = [...makeVault(folder, 10).keys()];
    return { work: knox(folder, 'get', name!, '-e', 'development', '--key-file', 'key'), against: bareNode(folder) };
  },
};
