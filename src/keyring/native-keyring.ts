/**
 * The keychain of macOS and the credential manager of Windows, through their own interfaces (@napi-rs/keyring, an optional package). On
 * Linux it is not used: there it waits for an answer without an end, and asks the person also where knox only looks.
 */
import { Plaintext, revealText } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { Keyring, KeyringName, OpenKeyring, Patience } from './keyring.ts';

const SERVICE = 'knox';

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, { name: KeyringName; title: string }>>> = {
  darwin: { name: 'keychain', title: 'the keychain' },
  win32: { name: 'credential-manager', title: 'the credential manager' },
};

export const openNativeKeyring: OpenKeyring = async ({ platform, patience }) => {
  const system = platform === null ? undefined : SYSTEMS[platform];
  if (system === undefined) return null;
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    return new NativeKeyring(system, (account) => new AsyncEntry(SERVICE, account), patience);
  } catch {
    // Left out at the installation, or there is none for this processor.
    return null;
  }
};

/** What is used of the package. */
export interface NativeEntry {
  setPassword(text: string): Promise<void>;
  getPassword(): Promise<string | null | undefined>;
  deletePassword(): Promise<boolean>;
}

export class NativeKeyring implements Keyring {
  readonly name: KeyringName;
  readonly title: string;
  readonly #entry: (account: string) => NativeEntry;
  readonly #patience: number;

  constructor(
    system: { name: KeyringName; title: string },
    entry: (account: string) => NativeEntry,
    patience: Patience,
  ) {
    this.name = system.name;
    this.title = system.title;
    this.#entry = entry;
    this.#patience = patience.person ?? patience.answer;
  }

  async read(account: string): Promise<Plaintext | null> {
    const text = await this.#patiently(() => this.#entry(account).getPassword());
    return typeof text === 'string' ? Plaintext.fromText(text) : null;
  }

  async write(account: string, text: Plaintext): Promise<void> {
    await this.#patiently(() => this.#entry(account).setPassword(revealText(text) ?? ''));
  }

  async remove(account: string): Promise<boolean> {
    return this.#patiently(() => this.#entry(account).deletePassword());
  }

  close(): void {
    // Nothing is open.
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(errors.io(`no answer from ${this.title}`)), this.#patience);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'io') throw error;
      throw errors.io(`${this.title}: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
