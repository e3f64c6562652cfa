/**
 * Keys that are kept for a while, in the first keyring of this system that takes one. What is kept is text to this room; the account is the
 * vault's id, so that a vault that was moved or copied is still unlocked. A key is looked for in every keyring, cheapest first, and removed
 * from every one.
 */
import type { Plaintext } from '../domain/plaintext.ts';
import { reveal } from '../domain/plaintext.ts';
import { errors, isKnoxError } from '../errors.ts';
import type { Keyring, KeyringName, KeyringSurroundings, OpenKeyring } from './keyring.ts';

/** Best first: what the desktop or system has for it, then the kernel's memory, then a file in memory. */
const BEST_FIRST: readonly OpenKeyring[] = [
  async (surroundings) =>
    surroundings.platform === 'linux' ? (await import('./secret-service.ts')).openSecretService(surroundings) : null,
  async (surroundings) =>
    surroundings.platform === 'linux' ? null : (await import('./native-keyring.ts')).openNativeKeyring(surroundings),
  async (surroundings) =>
    surroundings.platform === 'linux' ? (await import('./kernel-keyring.ts')).openKernelKeyring(surroundings) : null,
  async (surroundings) => (await import('./memory-file.ts')).openMemoryFile(surroundings),
];

/** Ids as knox makes them. A vault may be of somebody else's making: what else it calls itself goes into no path and no argument. */
const ACCOUNT = /^[A-Za-z0-9_-]{1,64}$/;

export interface KeptText {
  readonly text: Plaintext;
  /** Removes it where it was found. */
  readonly forget: () => Promise<void>;
}

export class KeptKeys {
  readonly #surroundings: KeyringSurroundings;
  readonly #failed: (message: string) => void;

  /** @param failed called with a keyring that is there and fails, where another one may still do */
  constructor(surroundings: KeyringSurroundings, failed: (message: string) => void) {
    this.#surroundings = surroundings;
    this.#failed = failed;
  }

  /** @throws no_keyring */
  async keep(account: string, text: Plaintext, expiresAt: Date): Promise<{ name: KeyringName; title: string }> {
    if (!ACCOUNT.test(account)) throw errors.no_keyring('no keyring can store a key under the name of this vault');
    let taken: { name: KeyringName; title: string } | null = null;
    await this.#each(BEST_FIRST, async (keyring) => {
      // One that took it before must not give back an older key beside the new one.
      if (taken !== null) return void (await keyring.remove(account));
      await keyring.write(account, text, expiresAt);
      const back = await keyring.read(account);
      if (back === null || Buffer.compare(reveal(back), reveal(text)) !== 0)
        throw errors.io(`${keyring.title} did not store the key`);
      taken = { name: keyring.name, title: keyring.title };
    });
    if (taken !== null) return taken;
    throw errors.no_keyring(
      'no keyring found on this system',
      'use a Secret Service, the program keyctl (package keyutils) or a file system in memory such as /dev/shm',
      'or use a key file: knox key add --key-file FILE',
    );
  }

  /** What is kept for this account, in whatever keyring. */
  async *find(account: string): AsyncGenerator<KeptText> {
    if (!ACCOUNT.test(account)) return;
    for (const open of BEST_FIRST.toReversed()) {
      const found: Plaintext[] = [];
      await this.#each([open], async (keyring) => {
        const text = await keyring.read(account);
        if (text !== null) found.push(text);
      });
      const forget = (): Promise<void> => this.#each([open], async (keyring) => void (await keyring.remove(account)));
      for (const text of found) yield { text, forget };
    }
  }

  /** @returns the keyrings that held it. @throws io where one that is there could not be asked, after all others were */
  async forget(account: string): Promise<KeyringName[]> {
    if (!ACCOUNT.test(account)) return [];
    const held: KeyringName[] = [];
    const problems: string[] = [];
    const asked = new KeptKeys(this.#surroundings, (message) => problems.push(message));
    await asked.#each(BEST_FIRST, async (keyring) => {
      if (await keyring.remove(account)) held.push(keyring.name);
    });
    if (problems.length === 0) return held;
    throw errors.io(
      `the key may still be stored: ${problems.join('; ')}`,
      'unlock that keyring, then run knox lock again',
    );
  }

  async #each(kinds: readonly OpenKeyring[], work: (keyring: Keyring) => Promise<void>): Promise<void> {
    for (const open of kinds) {
      let keyring: Keyring | null = null;
      try {
        keyring = await open(this.#surroundings);
        if (keyring !== null) await work(keyring);
      } catch (error) {
        if (!isKnoxError(error)) throw error;
        this.#failed(error.message);
      } finally {
        keyring?.close();
      }
    }
  }
}
