import { bareNode, knox } from '../project.ts';
import type { Row } from '../row.ts';

export const start: Row = {
  name: 'start',
  work: 'knox --version',
  against: 'bare Node',
  target: 1.2,
  prepare: async (folder) => ({ work: knox(folder, '--version'), against: bareNode(folder) }),
};
