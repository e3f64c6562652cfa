/**
 * What a command may ask for, each made on first use: the vault and what opens it, and all of a session: questions to a person, the clock, the
 * streams. Beside `main.ts` the only one that is handed the process's surroundings; everything else gets them from here.
 */
import { isKnoxOwn } from './domain/key-variables.ts';
import { printable } from './domain/printable.ts';
import { isMisplacedText } from './domain/misplaced-text.ts';
import { errors } from './errors.ts';
import { Session } from './session.ts';
import { allowedCommands, gateOf } from './allowing.ts';
import { expectedHead, findUnlock, openKeptKeys, trustedIdentity } from './unlocking.ts';
import type { Access } from './unlocking.ts';
import type { FoundVault } from './files/find-vault.ts';
import type { ProjectFolder } from './files/project-folders.ts';
import type { RouteServices } from './routes/probe.ts';
import type { KeptKeys } from './keyring/kept-keys.ts';
import type { SqliteStore } from './store/sqlite/sqlite-store.ts';
import type { AllowedCommands } from './vault/gate/allowed-commands.ts';
import type { CommandGate } from './vault/gate/command-gate.ts';
import type { HeadMemory } from './vault/trust/head-memory.ts';
import type { MadeVault, NewVaultFile } from './vault/keys/make-vault.ts';
import type { VaultOptions } from './vault/opening/open-vault.ts';
import type { Vault } from './vault/opening/vault.ts';
import type { Store } from './store/store.ts';

/** Where the vault lies, and the folder that route paths are relative to. */
export type Place = FoundVault;

export class Context extends Session {
  #place: Promise<Place> | undefined;
  #vault: Promise<Vault> | undefined;
  /** Whether the vault was opened to look only: with no key asked for. */
  #isOnlyLook = false;
  #keyFile: string | null = null;
  #hasIdentity = false;
  #isAccepting = false;

  /** The command looks at the vault, or takes it, older than it should be or not. Call before the vault is opened. */
  takeAsItIs(): void {
    this.#isAccepting = true;
  }

  /** The command was told which vault it must be, and says itself how much it verified. */
  expectIdentity(): void {
    this.#hasIdentity = true;
  }
  get hasIdentity(): boolean {
    return this.#hasIdentity;
  }

  /** Opens the vault with this key file from now on, as `--key-file` does: for a command whose own option has that name. */
  unlockWith(file: string): void {
    this.#keyFile = file;
  }
  /** The key file that was given: --key-file, else KNOX_KEY_FILE. @throws wrong_key for what is not a name of a file */
  get keyFile(): string | null {
    const given = this.#keyFile ?? this.options.keyFile;
    const file = given ?? this.variable('KNOX_KEY_FILE');
    if (file === null || !isMisplacedText(file)) return file;
    throw errors.wrong_key(
      `${given === undefined ? 'KNOX_KEY_FILE' : '--key-file'} expects the name of a file, not a key`,
      'to pass the key itself: KNOX_KEY',
    );
  }

  /** Where the vault is: --vault, KNOX_VAULT, else the nearest `.knox`. @throws vault_not_found, io */
  place(): Promise<Place> {
    this.#place ??= import('./files/find-vault.ts').then(({ findVault }) => {
      const found = findVault({ given: this.options.vault ?? this.variable('KNOX_VAULT'), cwd: this.io.cwd });
      if (found.isOfMain === true && this.hasTerminal)
        this.say(`note: using the vault of the main checkout: ${printable(found.file)}`);
      return found;
    });
    return this.#place;
  }

  /** Opens the vault. @throws vault_not_found, vault_locked, wrong_key, vault_damaged */
  vault(access: Access = 'key'): Promise<Vault> {
    if (access !== 'look' && this.#isOnlyLook) {
      this.#isOnlyLook = false;
      this.#vault = undefined;
    }
    if (this.#vault === undefined) {
      this.#isOnlyLook = access === 'look';
      this.#vault = this.#openVault(access);
    }
    return this.#vault;
  }

  async #openVault(access: Access): Promise<Vault> {
    const place = await this.place();
    const [{ Vault }, store] = await Promise.all([import('./vault/opening/vault.ts'), this.#openStore()]);
    this.onClose(async () => {
      const { sweepMemoryFolders } = await import('./files/memory-folder.ts');
      const { lockFile } = await this.vaultFiles();
      sweepMemoryFolders(this.variable('XDG_RUNTIME_DIR'), this.io.uid ?? null, lockFile);
    });
    return Vault.open({ ...(await this.opening(place.file, access)), folder: await this.projectFolder(place), store });
  }

  /** The folder whose vault lies outside of it, which must have been used with it before anything runs or is written; null for others. */
  async projectFolder(place: Place): Promise<ProjectFolder | null> {
    if (place.isOutside !== true) return null;
    return new (await import('./files/project-folders.ts')).ProjectFolder(this.stateFolder(), place);
  }

  /** What any vault is opened with: the key that was given, whom to trust, the clock. @param file as it is called in an error */
  async opening(file: string, access: Access): Promise<Omit<VaultOptions, 'store'>> {
    return {
      unlock: await findUnlock(this, access, file),
      trusted: await trustedIdentity(this),
      expectedHead: expectedHead(this),
      memory: await this.memory(),
      now: this.io.now,
      bootTime: this.io.bootTime,
      actor: this.io.userName(),
      isAccepting: this.#isAccepting,
      warn: (code, message) => this.warn(code, message),
      // Streams are made when they are used.
      moments: () => this.moments(this.io.stderr),
    };
  }

  /** What this machine remembers of vaults. libsodium must be loaded before it is asked. */
  async memory(): Promise<HeadMemory> {
    const { HeadMemory } = await import('./vault/trust/head-memory.ts');
    return new HeadMemory(this.stateFolder());
  }

  /** Vaults in files, for a command that handles others than the one at hand. */
  vaultFiles(): Promise<typeof SqliteStore> {
    return import('./store/sqlite/sqlite-store.ts').then((module) => module.SqliteStore);
  }

  async #openStore(): Promise<Store> {
    const [{ file }, files] = await Promise.all([this.place(), this.vaultFiles()]);
    const store = await files.open(file);
    this.onClose(() => store.close());
    return store;
  }

  /** The id that the file itself says, whoever made it: for what needs no more of it. @throws vault_not_found, vault_damaged */
  async vaultId(): Promise<string> {
    const [{ readVaultId }, store] = await Promise.all([import('./vault/documents/manifest.ts'), this.#openStore()]);
    return readVaultId(store);
  }

  /** Makes a vault, its key text first, so that no vault is there whose key is nowhere. @throws vault_exists, io */
  async createVault(options: NewVaultFile): Promise<MadeVault> {
    const { makeVault } = await import('./vault/keys/make-vault.ts');
    const [memory, store] = [await this.memory(), await this.vaultFiles()];
    const { now, bootTime, userName } = this.io;
    return makeVault({ ...options, store, memory, now, bootTime, actor: userName() });
  }

  /** A new key pair: the public key to hand out, and the text of the key file. */
  async newKey(): Promise<{ publicKey: string; text: string }> {
    return (await import('./vault/keys/key-material.ts')).makeKey();
  }

  /** What a passphrase must be. */
  async passphraseRules(): Promise<{ isLongEnough: (passphrase: string) => boolean }> {
    return import('./crypto/passphrase.ts');
  }

  /** The folder for what this machine remembers, or null where there is no home. */
  stateFolder(): string | null {
    const state = this.variable('XDG_STATE_HOME');
    if (state !== null && state.startsWith('/')) return `${state}/knox`;
    const home = this.variable('HOME');
    return home === null || home === '/' ? null : `${home}/.local/state/knox`;
  }

  /** What `knox unlock` kept. To look, nobody is asked to unlock a keyring, and one that cannot be reached is as if it were not there. */
  keptKeys(access: Access): Promise<KeptKeys> {
    return openKeptKeys(this, access);
  }

  /** The environment of a program that knox starts: never the key, nor another credential of knox's own. */
  childEnvironment(): Record<string, string> {
    const shown = Object.entries(this.io.env).filter(([name, value]) => value !== undefined && !isKnoxOwn(name));
    return Object.fromEntries(shown) as Record<string, string>;
  }

  /** What probes and commands of routes are run with. */
  routeServices(root: string): RouteServices {
    const { fetch, signals } = this.io;
    const show = this.isJson ? {} : { show: (line: string) => this.say(`    ${line}`.trimEnd()) };
    const gate = this.commandGate();
    return { root, fetch, environment: this.childEnvironment(), signals: signals ?? null, gate, ...show };
  }

  /** What every command and address that stands in the vault goes through. @param canAsk false at the end of a run */
  commandGate(canAsk = true): CommandGate {
    return gateOf(this, () => this.vault(this.#isOnlyLook ? 'look' : 'key'), canAsk);
  }
  /** What the person here has allowed of a vault. */
  allowedCommands(vault: Vault): Promise<AllowedCommands> {
    return allowedCommands(this, vault);
  }

  /** Lets go of the vault before something long is run. */
  async closeVault(): Promise<void> {
    await this.close();
    this.#vault = undefined;
  }
}
