/**
 * How a secret passes the bus to and from the Secret Service (API 0.2, "Transfer of Secrets"): a key agreed on by Diffie-Hellman for this
 * connection alone, so that what logs the bus logs no secret. The service says which primitives; against whoever can ask the service itself
 * they protect nothing.
 */
import { createCipheriv, createDecipheriv, getDiffieHellman, hkdfSync, randomBytes } from 'node:crypto';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import type { Bus } from './d-bus.ts';

const ALGORITHM = 'dh-ietf1024-sha256-aes128-cbc-pkcs7';
/** Of the group's prime: a shared number counts with its leading zeros. */
const GROUP_BYTES = 128;

/** Session, initialisation vector, ciphertext, content type. */
export type EncryptedSecret = readonly [string, Buffer, Buffer, string];

export class SecretSession {
  /** Its object at the service. */
  readonly path: string;
  readonly #key: Buffer;

  private constructor(path: string, key: Buffer) {
    this.path = path;
    this.#key = key;
  }

  /** @returns null where the service does not speak this algorithm */
  static async open(bus: Bus, destination: string, path: string): Promise<SecretSession | null> {
    const own = getDiffieHellman('modp2');
    const reply = await bus.call({
      destination,
      path,
      interface: 'org.freedesktop.Secret.Service',
      member: 'OpenSession',
      signature: 'sv',
      body: [ALGORITHM, { signature: 'ay', value: own.generateKeys() }],
    });
    if (reply.kind === 'error' || reply.signature !== 'vo') return null;
    const [theirs, session] = reply.body as [unknown, string];
    if (!Buffer.isBuffer(theirs)) return null;
    let shared: Buffer;
    try {
      shared = own.computeSecret(theirs);
    } catch {
      // A number that is none of the group.
      return null;
    }
    const padded = Buffer.concat([Buffer.alloc(GROUP_BYTES - shared.length), shared]);
    const key = hkdfSync('sha256', padded, Buffer.alloc(32), Buffer.alloc(0), 16);
    return new SecretSession(session, Buffer.from(key));
  }

  encrypt(text: Plaintext): EncryptedSecret {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-128-cbc', this.#key, iv);
    const bytes = Buffer.concat([cipher.update(reveal(text)), cipher.final()]);
    return [this.path, iv, bytes, 'text/plain'];
  }

  /** @returns null where it is not encrypted for this session */
  decrypt([, iv, bytes]: EncryptedSecret): Plaintext | null {
    try {
      const cipher = createDecipheriv('aes-128-cbc', this.#key, iv);
      return new Plaintext(Buffer.concat([cipher.update(bytes), cipher.final()]));
    } catch {
      return null;
    }
  }
}
