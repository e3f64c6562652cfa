/**
 * What a command may ask for, each made on first use: the vault, questions to a person, the clock, the streams. The only file
 * beside `main.ts` that is handed the process's surroundings; everything else gets them from here.
 */
import { Guards } from './domain/guards.ts';
import type { Force } from './domain/guards.ts';
import { isKeyVariable } from './domain/key-variables.ts';
import { FILE_LIMIT } from './domain/limits.ts';
import type { Limit } from './domain/limits.ts';
import { printable, printableLines } from './domain/printable.ts';
import { isMisplacedText, withoutKeys } from './domain/misplaced-text.ts';
import { errors } from './errors.ts';
import { findUnlock, openKeptKeys } from './unlocking.ts';
import type { FoundVault } from './files/find-vault.ts';
import type { ProjectFolder } from './files/project-folders.ts';
import type { RouteServices } from './routes/probe.ts';
import type { KeptKeys } from './keyring/kept-keys.ts';
import type { SqliteStore } from './store/sqlite/sqlite-store.ts';
import type { HeadMemory } from './vault/head-memory.ts';
import type { BootTime } from './vault/kept-key.ts';
import type { MadeVault, NewVaultFile } from './vault/make-vault.ts';
import type { VaultOptions } from './vault/open-vault.ts';
import type { Vault } from './vault/vault.ts';
import type { Store } from './store/store.ts';
import type { LongWork } from './terminal/long-work.ts';
import type { Prompts } from './terminal/prompts.ts';
import type { Style } from './terminal/style.ts';

export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The surroundings of one run: the process's own in `main`, made up in a test. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  /** The time since the machine was started, which nobody sets; left out where the system does not tell. */
  readonly bootTime?: () => BootTime | null;
  /** Waits; a test's clock moves on instead. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly fetch: typeof fetch;
  /** The person's name for the audit log. */
  readonly userName: () => string;
  /** Answers questions in place of a terminal. */
  readonly prompts?: Prompts;
  readonly nodeVersion?: string;
  readonly pid?: number;
  /** The user's number; left out where the system has none. */
  readonly uid?: number | undefined;
  /** As Node names it; left out where there is to be no keyring. */
  readonly platform?: NodeJS.Platform;
  /** Where signals come from while a question is open. */
  readonly signals?: NodeJS.EventEmitter;
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly vault?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly yes?: boolean;
  readonly force?: string | true;
  readonly reason?: string;
}

/**
 * `key`: a key is required; `look`: none is asked for, and what is shown without one is said to be not verified; `given-key`: required, and
 * one that `knox unlock` kept does not count.
 */
export type Access = 'key' | 'look' | 'given-key';

/** Where the vault lies, and the folder that route paths are relative to. */
export type Place = FoundVault;

export class Context {
  readonly io: Io;
  readonly options: GlobalOptions;
  #place: Promise<Place> | undefined;
  #vault: Promise<Vault> | undefined;
  /** Whether the vault was opened to look only: with no key asked for. */
  #isOnlyLook = false;
  #prompts: Promise<Prompts | null> | undefined;
  #guards: Guards | undefined;
  #closing: (() => Promise<void> | void)[] = [];
  #keyFile: string | null = null;
  readonly #warned = new Set<string>();
  readonly #texts = new Map<string, Promise<string>>();
  #hasIdentity = false;

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  get isJson(): boolean {
    return this.options.json === true;
  }
  get width(): number {
    return Math.max(40, this.io.stderr.columns || this.io.stdout.columns || 80);
  }
  variable(name: string): string | null {
    const value = this.io.env[name];
    return value === undefined || value === '' ? null : value;
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
  /** The key file that was given: --key-file, else KNOX_KEY_FILE. @throws wrong_key for what is no name of a file */
  get keyFile(): string | null {
    const given = this.#keyFile ?? this.options.keyFile;
    const file = given ?? this.variable('KNOX_KEY_FILE');
    if (file === null || !isMisplacedText(file)) return file;
    throw errors.wrong_key(
      `${given === undefined ? 'KNOX_KEY_FILE' : '--key-file'} takes the name of a file, and a text stands there`,
      "a key's text goes into the variable KNOX_KEY",
    );
  }

  /** The text that work gives, done once in a run. Holds keys: never logged. */
  once(what: string, work: () => Promise<string>): Promise<string> {
    const before = this.#texts.get(what) ?? work();
    this.#texts.set(what, before);
    return before;
  }

  /** Colours for a stream: none in a pipe, with NO_COLOR, CI, TERM=dumb or --no-color. */
  async style(stream: OutputStream): Promise<Style> {
    const { createStyle, plainStyle } = await import('./terminal/style.ts');
    const locale = this.variable('LC_ALL') ?? this.variable('LC_CTYPE') ?? this.variable('LANG') ?? '';
    const term = this.variable('TERM') ?? '';
    const unicode = /utf-?8/i.test(locale) && term !== 'linux' && term !== 'dumb';
    const isColored =
      stream.isTTY === true &&
      this.options.color !== false &&
      this.variable('NO_COLOR') === null &&
      this.variable('CI') === null &&
      term !== 'dumb';
    return isColored ? createStyle({ colorLevel: 1, unicode }) : plainStyle(unicode);
  }

  /** One line on stderr, JSON under --json; each code and message once. */
  warn(code: string, message: string): void {
    if (this.#warned.has(code + message)) return;
    this.#warned.add(code + message);
    const shown = printableLines(withoutKeys(message));
    this.io.stderr.write(
      this.isJson ? `${JSON.stringify({ warning: { code, message: shown } })}\n` : `warning: ${shown}\n`,
    );
  }

  /** Text for the person, on stderr; silent under --json. */
  say(text: string): void {
    if (!this.isJson) this.io.stderr.write(`${text}\n`);
  }

  /** Whoever can answer, or null: no terminal, or CI. */
  prompts(): Promise<Prompts | null> {
    this.#prompts ??= this.#openPrompts();
    return this.#prompts;
  }

  /** Whether somebody may be there: known without making what asks. */
  get hasTerminal(): boolean {
    return this.variable('CI') === null && (this.io.stdin.isTTY === true || this.io.stderr.isTTY === true);
  }

  async #openPrompts(): Promise<Prompts | null> {
    if (this.io.prompts !== undefined) return this.io.prompts;
    if (!this.hasTerminal) return null;
    const [{ openTerminal }, { createPrompts }] = await Promise.all([
      import('./terminal/terminal-streams.ts'),
      import('./terminal/prompts.ts'),
    ]);
    const terminal = openTerminal({ stdin: this.io.stdin as never, stderr: this.io.stderr as never });
    if (terminal === null) return null;
    this.#closing.push(() => terminal.close());
    const signals = this.io.signals === undefined ? {} : { signals: this.io.signals as never };
    return createPrompts(terminal, { style: await this.style(terminal.output as OutputStream), ...signals });
  }

  /** @param flag what answers the question where nobody can be asked @throws needs_terminal */
  async requirePrompts(question: string, flag: string): Promise<Prompts> {
    const prompts = await this.prompts();
    if (prompts === null)
      throw errors.needs_terminal(`${question}, and there is no terminal to ask on`, `give ${flag}`);
    return prompts;
  }

  /** A yes or no; `--yes` answers it. @throws needs_terminal */
  async confirm(message: string, flag = '--yes'): Promise<boolean> {
    if (this.options.yes === true && flag === '--yes') return true;
    return (await this.requirePrompts(message.replace(/\?$/, ''), flag)).confirm({ message });
  }

  /**
   * Runs work that may take long, with a line on the terminal that says how far it is.
   * @param left what is true when it was cancelled, such as `nothing was imported`
   * @throws cancelled, and what `work` throws
   */
  async longWork<T>(left: string, work: (step: LongWork['step']) => Promise<T>): Promise<T> {
    const [{ createProgress }, { startLongWork }] = await Promise.all([
      import('./terminal/progress.ts'),
      import('./terminal/long-work.ts'),
    ]);
    const output = this.io.stderr;
    const progress = createProgress({
      output,
      isTerminal: output.isTTY === true && !this.isJson,
      columns: () => output.columns || 80,
      style: await this.style(output),
    });
    const long = startLongWork(progress, this.io.signals ?? null, left);
    try {
      return await work(long.step);
    } finally {
      long.done();
    }
  }

  /** The guards that --force names, with the reason. @param forceable where not those of every command @throws usage */
  guards(forceable?: readonly Force[]): Guards {
    this.#guards ??= Guards.parse(this.options.force, this.options.reason, forceable);
    return this.#guards;
  }

  /** All of stdin. @throws invalid_value where it is longer */
  async readStdin(limit: Limit = FILE_LIMIT): Promise<Buffer> {
    const { readStream } = await import('./files/read-input.ts');
    return readStream(this.io.stdin, 'standard input', limit);
  }

  /** Where the vault is: --vault, KNOX_VAULT, else the nearest `.knox`. @throws vault_not_found, io */
  place(): Promise<Place> {
    this.#place ??= import('./files/find-vault.ts').then(({ findVault }) => {
      const found = findVault({ given: this.options.vault ?? this.variable('KNOX_VAULT'), cwd: this.io.cwd });
      if (found.isOfMain === true && this.hasTerminal)
        this.say(`note: the vault of the main checkout: ${printable(found.file)}`);
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
    const [place, { Vault }, store] = await Promise.all([this.place(), import('./vault/vault.ts'), this.#openStore()]);
    this.#closing.push(async () => {
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
      trusted: await this.#trusted(),
      expectedHead: this.#expectedHead(),
      memory: await this.memory(),
      now: this.io.now,
      bootTime: this.io.bootTime,
      actor: this.io.userName(),
      warn: (code, message) => this.warn(code, message),
    };
  }

  /** What this machine remembers of vaults. libsodium must be loaded before it is asked. */
  async memory(): Promise<HeadMemory> {
    const { HeadMemory } = await import('./vault/head-memory.ts');
    return new HeadMemory(this.stateFolder());
  }

  /** Vaults in files, for a command that handles others than the one at hand. */
  vaultFiles(): Promise<typeof SqliteStore> {
    return import('./store/sqlite/sqlite-store.ts').then((module) => module.SqliteStore);
  }

  async #openStore(): Promise<Store> {
    const [{ file }, files] = await Promise.all([this.place(), this.vaultFiles()]);
    const store = await files.open(file);
    this.#closing.push(() => store.close());
    return store;
  }

  /** The id that the file itself says, whoever made it: for what needs no more of it. @throws vault_not_found, vault_damaged */
  async vaultId(): Promise<string> {
    const [{ readVaultId }, store] = await Promise.all([import('./vault/manifest.ts'), this.#openStore()]);
    return readVaultId(store);
  }

  /** Makes a vault, its key text first, so that no vault is there whose key is nowhere. @throws vault_exists, io */
  async createVault(options: NewVaultFile): Promise<MadeVault> {
    const { makeVault } = await import('./vault/make-vault.ts');
    const [memory, store] = [await this.memory(), await this.vaultFiles()];
    const { now, bootTime, userName } = this.io;
    return makeVault({ ...options, store, memory, now, bootTime, actor: userName() });
  }

  /** A new key pair: the public key to hand out, and the text of the key file. */
  async newKey(): Promise<{ publicKey: string; text: string }> {
    return (await import('./vault/key-material.ts')).makeKey();
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

  async #trusted(): Promise<string | null> {
    const text = this.variable('KNOX_TRUST');
    if (text === null) return null;
    const { parseIdentity } = await import('./vault/identity.ts');
    return parseIdentity(text.trim());
  }

  #expectedHead(): { seq: number; hash: string } | null {
    const text = this.variable('KNOX_HEAD');
    if (text === null) return null;
    const match = /^(?:KNOX_HEAD=)?(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim());
    if (match === null)
      throw errors.usage('KNOX_HEAD is not of the form N:HASH', 'take it from the last line of knox audit verify');
    return { seq: Number(match[1]), hash: match[2]! };
  }

  /** What `knox unlock` kept. To look, nobody is asked to unlock a keyring, and one that can not be reached is as if it were not there. */
  keptKeys(access: Access): Promise<KeptKeys> {
    return openKeptKeys(this, access);
  }

  /** The environment of a program that knox starts: never the key, nor another credential of knox's own. */
  childEnvironment(): Record<string, string> {
    const isHidden = (name: string): boolean => isKeyVariable(name) || name === 'KNOX_WEBHOOK';
    return Object.fromEntries(
      Object.entries(this.io.env).filter(([name, value]) => value !== undefined && !isHidden(name)),
    ) as Record<string, string>;
  }

  /** What probes and commands of routes are run with. */
  routeServices(root: string): RouteServices {
    const { fetch, signals } = this.io;
    const show = this.isJson ? {} : { show: (line: string) => this.say(`    ${line}`.trimEnd()) };
    return { root, fetch, environment: this.childEnvironment(), signals: signals ?? null, ...show };
  }

  get nodeVersion(): string {
    return this.io.nodeVersion ?? 'unknown';
  }

  /** This process's number. */
  get pid(): number {
    return this.io.pid ?? 0;
  }

  /** Lets go of the vault before something long is run. */
  async closeVault(): Promise<void> {
    await this.close();
    this.#vault = undefined;
  }

  /** Registers work for the end of the run. */
  onClose(work: () => Promise<void> | void): void {
    this.#closing.push(work);
  }
  async close(): Promise<void> {
    for (const work of this.#closing.toReversed()) await work();
    this.#closing = [];
  }

  /** A file or pipe given by the person, whole. @throws io; invalid_value where it is longer; usage for what is no name */
  async readFile(path: string, limit: Limit = FILE_LIMIT): Promise<Buffer> {
    const { readNamed } = await import('./files/read-input.ts');
    return readNamed(path, this.io.cwd, limit);
  }
}
