import { join } from 'node:path';
import { makeLongLog } from '../long-log.ts';
import { knox, ROOT, script } from '../project.ts';
import type { Row } from '../row.ts';

const ENTRIES = 1_000_000;

/** As many hashes over as many bytes, by the same library, and nothing else. */
const hashing = (bytes: number) => `
const sodium = require(${JSON.stringify(join(ROOT, 'node_modules/libsodium-wrappers'))});
sodium.ready.then(() => {
  const entry = new Uint8Array(${bytes + 90});
  for (let count = 0; count < ${ENTRIES}; count++) sodium.crypto_generichash(32, entry);
});
`;

export const auditVerify: Row = {
  name: 'audit-verify',
  work: `knox audit verify, ${ENTRIES} entries`,
  against: 'BLAKE2b of the same bytes alone',
  target: 2,
  prepare: async (folder) => {
    const bytes = await makeLongLog(folder, ENTRIES);
    return {
      work: knox(folder, 'audit', 'verify', '--json', '--key-file', 'key'),
      against: script(folder, 'hash.cjs', hashing(bytes)),
    };
  },
};
