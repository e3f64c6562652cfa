/** A key file: `#` comment lines, one secret line, and one identity line once it is known. Blanks and line ends are forgiven. */
import { errors } from '../errors.ts';
import { decodeKeyText, encodeKeyText } from './key-text.ts';
import { sodium } from './sodium.ts';

export interface KeyFile {
  /** The slot's secret, 32 bytes: its pairs are derived from it. */
  readonly secret: Uint8Array;
  /** The root's Ed25519 public key, 32 bytes. */
  readonly identity: Uint8Array | null;
}

/**
 * @param source how a person names where the text came from
 * @throws wrong_key: no key in it, a mistyped key or identity, or two different ones
 */
export function parseKeyFile(text: string, source: string): KeyFile {
  let secret: Uint8Array | null = null;
  let identity: Uint8Array | null = null;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const kind = line.startsWith('knox_vault_1_') ? 'identity' : 'secret';
    const key = decodeKeyText(kind, line);
    if (key === 'other') {
      const isPublic = line.startsWith('knox_pub_1_');
      if (!isPublic && lines.some((one) => one.trim().startsWith('knox_key_1_')))
        throw errors.wrong_key(
          `line ${index + 1} of ${source} is neither a comment nor a key`,
          'take it out, or begin it with #',
        );
      throw errors.wrong_key(
        isPublic ? `${source} holds a public key (knox_pub_1_…), not the key itself` : `${source} holds no knox key`,
        'a key file has a line that begins with knox_key_1_',
      );
    }
    if (key === 'mistyped')
      throw errors.wrong_key(
        `the ${kind === 'secret' ? 'key' : 'identity'} in ${source} is mistyped or cut off`,
        'copy the whole line again',
      );
    const before = kind === 'secret' ? secret : identity;
    if (before !== null && !sodium().memcmp(before, key))
      throw errors.wrong_key(`${source} holds two different lines of one kind`, 'keep one key in a file');
    if (kind === 'secret') secret = key;
    else identity = key;
  }
  if (secret === null)
    throw errors.wrong_key(`${source} holds no knox key`, 'a key file has a line that begins with knox_key_1_');
  return { secret, identity };
}

/** The text of a key file, ready to be written with mode 0600. */
export function formatKeyFile(key: KeyFile, comment: string): string {
  const identity = key.identity === null ? '' : `${encodeKeyText('identity', key.identity)}\n`;
  return `# ${comment}\n# Whoever has this file can read the values. Keep it out of version control.\n${encodeKeyText('secret', key.secret)}\n${identity}`;
}
