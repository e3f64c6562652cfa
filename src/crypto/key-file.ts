/** A key file: `#` comment lines, one secret line, and one identity line once it is known. Blanks and line ends are forgiven. */
import { errors } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
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
          'remove it, or start it with #',
        );
      throw isPublic
        ? errors.wrong_key(`${source} holds a public key (knox_pub_1_…), not the secret key`, SECRET_LINE)
        : noKey(source);
    }
    if (key === 'mistyped')
      throw errors.wrong_key(
        `the ${kind === 'secret' ? 'key' : 'identity'} in ${source} is mistyped or cut off`,
        'copy the whole line again',
      );
    const before = kind === 'secret' ? secret : identity;
    if (before !== null && !sodium().memcmp(before, key))
      throw errors.wrong_key(`${source} holds two different keys or identities`, 'keep one key per file');
    if (kind === 'secret') secret = key;
    else identity = key;
  }
  if (secret === null) throw noKey(source);
  return { secret, identity };
}

const SECRET_LINE = 'a key file has a line that starts with knox_key_1_';

function noKey(source: string): KnoxError {
  return errors.wrong_key(`no knox key in ${source}`, SECRET_LINE);
}

/** The text of a key file, ready to be written with mode 0600. */
export function formatKeyFile(key: KeyFile, comment: string): string {
  const identity = key.identity === null ? '' : `${encodeKeyText('identity', key.identity)}\n`;
  return `# ${comment}\n# Whoever has this file can read the values. Keep it out of version control.\n${encodeKeyText('secret', key.secret)}\n${identity}`;
}
