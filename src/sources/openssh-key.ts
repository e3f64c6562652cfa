/** An Ed25519 key pair in OpenSSH's own form (PROTOCOL.key of OpenSSH), which Node does not write. Not encrypted: it lies in the vault. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';

const KIND = 'ssh-ed25519';
const LINE = 70;
const BLOCK = 8;

export function openSshKeyPair(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d, x } = privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(d!, 'base64url');
  const point = Buffer.from(x!, 'base64url');
  const publicBlob = Buffer.concat([field(KIND), field(point)]);
  // The same random number twice, by which a reader tells that a passphrase was right.
  const check = randomBytes(4);
  const inner = Buffer.concat([
    check,
    check,
    field(KIND),
    field(point),
    field(Buffer.concat([seed, point])),
    field(''),
  ]);
  const padding = Buffer.from(Array.from({ length: -inner.length & (BLOCK - 1) }, (_byte, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const parts = [
    field('none'),
    field('none'),
    field(''),
    one,
    field(publicBlob),
    field(Buffer.concat([inner, padding])),
  ];
  const whole = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...parts]);
  const lines = whole.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g'))!;
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `${KIND} ${publicBlob.toString('base64')}\n`,
  };
}

/** With its length before it, as four bytes. */
function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
