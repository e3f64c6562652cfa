/**
 * What opens the vault: the first key that is given (option, variables, a program), else one that `knox unlock` kept, else a passphrase that
 * is asked. A key that is given and wrong is an error at once; one that was kept and is of no use any more is not.
 */
import { errors } from './errors.ts';
import type { Session } from './session.ts';
import type { KeptKeys } from './keyring/kept-keys.ts';
import type { KeptOrElse, Unlock } from './vault/trust/unlock.ts';

/**
 * `key`: a key is required; `look`: none is asked for, and what is shown without one is said to be not verified; `given-key`: required, and
 * one that `knox unlock` kept does not count.
 */
export type Access = 'key' | 'look' | 'given-key';

/** What of a command's surroundings says where a key is. */
export interface Unlocker extends Session {
  /** The key file that was given. @throws wrong_key */
  readonly keyFile: string | null;
  /** Whether the command was told which vault it must be. */
  readonly hasIdentity: boolean;
  childEnvironment(): Record<string, string>;
}

/** How long a keyring may take to answer, and a person to unlock it, in milliseconds. */
const PATIENCE = { look: 1000, key: 5000, person: 120_000 } as const;

/** @param file the vault, as it is named to a person. @throws wrong_key, vault_locked */
export async function findUnlock(context: Unlocker, access: Access, file: string): Promise<Unlock | KeptOrElse | null> {
  const given = await givenKey(context);
  if (given !== null) {
    const [{ parseKeyFile }, { loadSodium }] = await Promise.all([
      import('./crypto/key-file.ts'),
      import('./crypto/sodium.ts'),
    ]);
    await loadSodium();
    return { kind: 'key', ...parseKeyFile(given.text, given.source), source: given.source };
  }
  const otherwise = (): Promise<Unlock | null> => askForPassphrase(context, access, file);
  if (access === 'given-key') return otherwise();
  const kept = await openKeptKeys(context, access);
  return { kind: 'kept', find: (vault) => kept.find(vault), otherwise };
}

async function givenKey(context: Unlocker): Promise<{ text: string; source: string } | null> {
  const { cwd } = context.io;
  const file = context.keyFile;
  if (file !== null) {
    // The vault may be opened more than once, and a pipe is read only once.
    const text = await context.once(`key ${file}`, async () => {
      const { readKeyText } = await import('./files/key-file.ts');
      return readKeyText(file, cwd, (message) => context.warn('key_file_open', message));
    });
    return { text, source: file };
  }
  const text = context.variable('KNOX_KEY');
  if (text !== null) {
    if (!text.includes('knox_') && /^[~.]?[\\/]|\.\w{1,8}$/.test(text.trim()))
      throw errors.wrong_key(
        'KNOX_KEY expects the key itself, not the name of a file',
        'to name a file: KNOX_KEY_FILE',
      );
    return { text, source: 'KNOX_KEY' };
  }
  const command = context.variable('KNOX_KEY_COMMAND');
  if (command === null) return null;
  const printed = await context.once('key command', async () => {
    const { runForKey } = await import('./files/key-file.ts');
    return runForKey(command, cwd, context.childEnvironment());
  });
  return { text: printed, source: 'KNOX_KEY_COMMAND' };
}

async function askForPassphrase(context: Unlocker, access: Access, file: string): Promise<Unlock | null> {
  if (access === 'look') {
    if (!context.hasIdentity)
      context.warn('not_verified', 'not verified: vault locked, names and dates are shown as stored');
    return null;
  }
  const prompts = await context.prompts();
  if (prompts === null) {
    throw errors.vault_locked(
      `the vault ${file} is locked and no key was given`,
      'unlock it: --key-file FILE',
      'or set KNOX_KEY_FILE or KNOX_KEY',
      ...(access === 'given-key' ? [] : ['or, on a terminal, keep it unlocked for a while: knox unlock']),
    );
  }
  const ask = async (attempt: number): Promise<string> => {
    const message = attempt === 1 ? 'Vault passphrase' : 'Wrong passphrase. Vault passphrase';
    return Buffer.from(await prompts.hidden({ message, singleLine: true })).toString('utf8');
  };
  return { kind: 'passphrase', ask, attempts: 3 };
}

/** What `knox unlock` kept. To look, nobody is asked to unlock a keyring, and one that cannot be reached is as if it were not there. */
export async function openKeptKeys(context: Unlocker, access: Access): Promise<KeptKeys> {
  const { KeptKeys: Kept } = await import('./keyring/kept-keys.ts');
  const isLook = access === 'look';
  const { now, platform = null, uid = null } = context.io;
  const patience = {
    answer: isLook ? PATIENCE.look : PATIENCE.key,
    person: !isLook && context.hasTerminal ? PATIENCE.person : null,
  };
  return new Kept({ variable: (name) => context.variable(name), platform, uid, now, patience }, (message) => {
    if (!isLook) context.warn('keyring_failed', message);
  });
}

/** `KNOX_TRUST`, or null. @throws usage */
export async function trustedIdentity(context: Unlocker): Promise<string | null> {
  const text = context.variable('KNOX_TRUST');
  if (text === null) return null;
  const { parseIdentity } = await import('./vault/trust/identity.ts');
  return parseIdentity(text.trim());
}

/** `KNOX_HEAD`, or null. @throws usage */
export function expectedHead(context: Unlocker): { seq: number; hash: string } | null {
  const text = context.variable('KNOX_HEAD');
  if (text === null) return null;
  const match = /^(?:KNOX_HEAD=)?(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim());
  if (match === null) throw errors.usage('KNOX_HEAD must be N:HASH', 'copy it from the last line of knox audit verify');
  return { seq: Number(match[1]), hash: match[2]! };
}
