import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { passphraseSlot } from '../../../src/vault/keys/key-material.ts';
import { addSlot } from '../../../src/vault/keys/slots.ts';
import { openMade } from '../open-made.ts';
import { makeVault, ROOT, shell } from '../project.ts';
import type { Row } from '../row.ts';

const PASSPHRASE = 'correct horse battery staple';

/** One Argon2id of the same cost, and then a get with a key file, in one process. */
const BOTH = (name: string) => `
const { argon2, randomBytes } = require('node:crypto');
const cost = { memory: 65536, passes: 3, parallelism: 4, tagLength: 32 };
// It is typed here too: script waits for two seconds where nobody reads what it was given.
process.stdin.once('data', () => argon2('argon2id', { message: ${JSON.stringify(PASSPHRASE)}, nonce: randomBytes(16), ...cost }, () => {
  process.argv.push('get', ${JSON.stringify(name)}, '-e', 'development', '--key-file', 'key');
  process.stdin.destroy();
  import(${JSON.stringify(join(ROOT, 'bin/knox.js'))});
}));
`;

/** Both sides run on a terminal of their own, where the passphrase is typed. */
export const unlock: Row = {
  name: 'unlock',
  work: 'knox get, passphrase',
  against: 'one Argon2id of that cost, and knox get with a key file, in one process',
  target: 1.05,
  prepare: async (folder) => {
    if (spawnSync('script', ['--version']).status !== 0) return { missing: 'script (util-linux)' };
    const [name] = [...makeVault(folder, 10).keys()];
    const vault = await openMade(folder);
    const { manifest } = vault;
    const { publicKey, ...wrapped } = await passphraseSlot(PASSPHRASE, manifest.vault, manifest.identity);
    await vault.change((change) =>
      addSlot(change, {
        kind: 'passphrase',
        label: 'passphrase',
        publicKey,
        realms: null,
        admin: false,
        wrapped,
      }),
    );
    await vault.close();
    writeFileSync(join(folder, 'both.cjs'), BOTH(name!));
    const onTerminal = (line: string) =>
      shell(folder, `printf '%s\\r' '${PASSPHRASE}' | script -qec '${line}' /dev/null`);
    const node = process.execPath;
    return {
      work: onTerminal(`${node} ${join(ROOT, 'bin/knox.js')} get ${name!} -e development`),
      against: onTerminal(`${node} both.cjs`),
    };
  },
};
