/**
 * The demonstration: a project in a temporary folder, a service on loopback, and one secret that goes through a whole rotation, by the
 * very commands that a person would type. Only the clock is moved on, where two days are to be waited for, and that is said.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Io } from '../session.ts';
import { errors } from '../errors.ts';
import { run } from '../main.ts';
import { startService } from './service.ts';
import type { DemoService } from './service.ts';

const NAME = 'stripe_api_key';
const NEW_NAME = 'stripe_api_key_v2';
const TWO_DAYS_MS = 48 * 3_600_000;

/** Four files of four formats, as an application would have them. */
const FILES = {
  'config/development.env': '# local development\nSTRIPE_API_KEY={{secret:stripe_api_key}}\nPORT=3000\n',
  'config/staging.yaml': 'payments:\n  provider: stripe\n  key: "{{secret:stripe_api_key}}"\n',
  'config/production.json': '{\n  "payments": { "provider": "stripe", "key": "{{secret:stripe_api_key}}" }\n}\n',
  'workers/invoices.toml': '[stripe]\nkey = "{{secret:stripe_api_key}}"\nretries = 3\n',
} as const;

const ROUTES: readonly (readonly [keyof typeof FILES, string])[] = [
  ['config/development.env', 'development'],
  ['config/staging.yaml', 'staging'],
  ['config/production.json', 'production'],
  ['workers/invoices.toml', 'production'],
];

const ENVIRONMENTS = ['development', 'staging', 'production'] as const;

export interface DemoResult {
  /** Where the project is left, or null where it was removed. */
  readonly folder: string | null;
  /** Status that the service gives the old production key, and the new one. */
  readonly oldKey: number;
  readonly newKey: number;
  /** Files that name the new version, and only it. */
  readonly files: readonly string[];
  readonly isVerified: boolean;
}

/** What a line of the story is: a heading, something typed, what came of it, or a remark. */
export type LineKind = 'chapter' | 'typed' | 'output' | 'remark';
export type Tell = (line: string, kind: LineKind) => void;

/** @param tell receives the story, line by line @throws bug where a command does not end as it should */
export async function playDemo(io: Io, isKept: boolean, tell: Tell): Promise<DemoResult> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-demo-'));
  const clean = (): void => {
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  };
  // A signal ends the process before anything else can: the folder holds keys, if only of a made-up service.
  const onSignal = (): void => clean();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) io.signals?.on(signal, onSignal);
  const service = await startService(io.fetch);
  try {
    return { ...(await new Demo(io, folder, service, tell).play()), folder: isKept ? folder : null };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) io.signals?.off(signal, onSignal);
    await service.close();
    clean();
  }
}

class Demo {
  readonly #io: Io;
  readonly #folder: string;
  readonly #service: DemoService;
  readonly #tell: Tell;
  #skippedMs = 0;

  constructor(io: Io, folder: string, service: DemoService, tell: Tell) {
    this.#io = io;
    this.#folder = folder;
    this.#service = service;
    this.#tell = tell;
  }

  async play(): Promise<Omit<DemoResult, 'folder'>> {
    const tell = this.#tell;
    this.#writeProject();
    const old = this.#newKeys();
    tell(
      `A project in ${this.#folder}, and a payment service on loopback that accepts only the keys it has issued.`,
      'remark',
    );

    this.#chapter('A vault, and a key for each environment');
    await this.#knox(['init', '--key-file', 'demo.key']);
    for (const environment of ENVIRONMENTS) await this.#knox(['add', NAME, '-e', environment], old[environment]);

    this.#chapter('Four files use the secret; each is registered, with a probe that proves its key');
    for (const [file, environment] of ROUTES) await this.#knox(this.#routeAdd(file, environment));

    this.#chapter('The rotation: new keys from the service, staging first, then production');
    const fresh = this.#newKeys();
    await this.#knox(['rotate', NAME, '--values-stdin', '--yes'], JSON.stringify(fresh));

    this.#chapter('Two days later (the clock is moved forward by 48 hours; the rest is real)');
    this.#skippedMs += TWO_DAYS_MS;
    await this.#knox(['rotate', NAME], '', 1);

    this.#chapter('The old key still works, so knox did not delete it. It is revoked at the service');
    for (const key of Object.values(old)) this.#service.revoke(key);
    await this.#knox(['rotate', NAME, '--confirm', 'update-docs']);

    return this.#judge(old.production, fresh.production);
  }

  #writeProject(): void {
    for (const [path, text] of Object.entries(FILES)) {
      const file = join(this.#folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  #newKeys(): Record<(typeof ENVIRONMENTS)[number], string> {
    return {
      development: this.#service.makeKey('test'),
      staging: this.#service.makeKey('test'),
      production: this.#service.makeKey('live'),
    };
  }

  #routeAdd(file: string, environment: string): string[] {
    const header = `Authorization: Bearer {{secret:${NAME}}}`;
    const probe = ['--probe', this.#service.url, '--header', header];
    const deploy = environment === 'production' ? ['--deploy-command', 'cat > /dev/null'] : [];
    return ['route', 'add', file, '-e', environment, ...probe, ...deploy, '--yes'];
  }

  async #judge(old: string, fresh: string): Promise<Omit<DemoResult, 'folder'>> {
    this.#chapter('What is left');
    const isVerified = (await this.#knox(['audit', 'verify'])) === 0;
    const oldKey = await this.#service.ask(old);
    const newKey = await this.#service.ask(fresh);
    const files = Object.keys(FILES).filter((path) => {
      const text = readFileSync(join(this.#folder, path), 'utf8');
      return text.includes(`{{secret:${NEW_NAME}}}`) && !text.includes(`{{secret:${NAME}}}`);
    });
    this.#tell('', 'remark');
    this.#tell(`The service answers the old production key with ${oldKey}, the new one with ${newKey}.`, 'remark');
    const log = isVerified ? 'verifies' : 'does not verify';
    this.#tell(
      `${files.length} of ${Object.keys(FILES).length} files name ${NEW_NAME}; the audit log ${log}.`,
      'remark',
    );
    if (oldKey !== 401 || newKey !== 200 || files.length !== Object.keys(FILES).length || !isVerified)
      throw errors.bug('the demo did not end as expected');
    return { oldKey, newKey, files, isVerified };
  }

  #chapter(title: string): void {
    this.#tell('', 'remark');
    this.#tell(title, 'chapter');
  }

  /** Runs one command as if it were typed in the project's folder. */
  async #knox(argv: readonly string[], stdin = '', expected = 0): Promise<number> {
    this.#tell('', 'remark');
    this.#tell(`$ ${stdin === '' ? '' : '(the value on stdin) | '}knox ${argv.map(quoteWord).join(' ')}`, 'typed');
    const lines = this.#sink();
    const exit = await run(argv, {
      ...this.#io,
      stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
      stdout: lines,
      stderr: lines,
      cwd: this.#folder,
      now: () => new Date(this.#io.now().getTime() + this.#skippedMs),
      env: {
        PATH: this.#io.env['PATH'],
        CI: '1',
        KNOX_KEY_FILE: 'demo.key',
        XDG_STATE_HOME: join(this.#folder, 'state'),
      },
    });
    lines.end();
    if (exit !== expected) throw errors.bug(`in the demo, knox ${argv[0]} exited with ${exit} instead of ${expected}`);
    return exit;
  }

  /** Passes on what a command says, a line at a time, indented. */
  #sink(): Writable {
    const tell = this.#tell;
    let rest = '';
    return new Writable({
      decodeStrings: false,
      write(part: string | Buffer, _encoding, next) {
        const lines = (rest + part.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) tell(line, 'output');
        next();
      },
      final(next) {
        if (rest !== '') tell(rest, 'output');
        next();
      },
    });
  }
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}
