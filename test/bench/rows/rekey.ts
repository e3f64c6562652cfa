import { join } from 'node:path';
import { knox, ROOT, script } from '../project.ts';
import type { Row } from '../row.ts';
import { makeManySecrets, SECRETS } from './list.ts';

/** As many values of that size, decrypted and encrypted again by the same library, and nothing else. */
const ENCRYPTING = `
const sodium = require(${JSON.stringify(join(ROOT, 'node_modules/libsodium-wrappers'))});
sodium.ready.then(() => {
  const { crypto_aead_xchacha20poly1305_ietf_encrypt: encrypt, crypto_aead_xchacha20poly1305_ietf_decrypt: decrypt } = sodium;
  const key = sodium.randombytes_buf(32);
  const associated = new Uint8Array(150);
  const seal = (value, nonce) => encrypt(sodium.pad(value, 64), associated, null, nonce, key);
  const nonce = sodium.randombytes_buf(24);
  const box = seal(new Uint8Array(28), nonce);
  for (let count = 0; count < ${SECRETS}; count += 1)
    seal(sodium.unpad(decrypt(null, box, associated, nonce, key), 64), sodium.randombytes_buf(24));
});
`;

export const rekey: Row = {
  name: 'rekey',
  work: `knox rekey, ${SECRETS} values`,
  against: 'decrypting and encrypting them in memory',
  target: 2.5,
  prepare: async (folder) => {
    makeManySecrets(folder);
    return {
      work: knox(folder, 'rekey', '--yes', '--key-file', 'key'),
      against: script(folder, 'encrypt.cjs', ENCRYPTING),
    };
  },
};
