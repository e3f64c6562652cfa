/**
 * A rotation as somebody at a terminal sees it: the built program in a shell in a real pseudo-terminal, a project in a temporary folder, and a
 * payment service on loopback. Keys are typed as a person would; a frame is what the terminal shows at that moment. Only the clock is set: at
 * the beginning to a fixed day, so that the recording can be made again, and on by two days where two days are to be waited for.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startService } from '../../src/demo/service.ts';
import type { DemoService } from '../../src/demo/service.ts';
import { startPty } from '../../test/helpers/pty.ts';
import type { Pty, Run } from '../../test/helpers/pty.ts';

export const COLUMNS = 88;
export const ROWS = 30;
const ROOT = join(import.meta.dirname, '../..');
const BEGINNING = Date.parse('2026-11-25T09:00:00Z');
const TWO_DAYS_MS = 48 * 3_600_000;
const NAME = 'stripe_api_key';

export interface Frame {
  /** Rows of the screen; a row is its runs of one style. */
  readonly rows: readonly (readonly Run[])[];
  readonly milliseconds: number;
}

/** @param program the built program's file */
export async function play(program = join(ROOT, 'bin/knox.js')): Promise<Frame[]> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-recording-'));
  const service = await startService(fetch);
  try {
    const scene = new Scene(folder, service, program);
    await scene.setUp();
    return await scene.play();
  } finally {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Scene {
  readonly #folder: string;
  readonly #service: DemoService;
  readonly #env: Record<string, string>;
  readonly #frames: Frame[] = [];
  readonly #old: Record<'staging' | 'production', string>;

  constructor(folder: string, service: DemoService, program: string) {
    this.#folder = folder;
    this.#service = service;
    this.#old = { staging: service.makeKey('test'), production: service.makeKey('live') };
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    mkdirSync(join(folder, 'shop'));
    const clock = join(ROOT, 'test/helpers/clock.mjs');
    writeFileSync(
      join(bin, 'knox'),
      `#!/bin/sh\nexec "${process.execPath}" --import "${clock}" -- "${program}" "$@"\n`,
    );
    chmodSync(join(bin, 'knox'), 0o755);
    this.#env = {
      PATH: [bin, process.env['PATH'] ?? ''].join(delimiter),
      HOME: join(folder, 'home'),
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      PS1: '$ ',
      KNOX_KEY_FILE: join(folder, 'my.key'),
      KNOX_AHEAD_FILE: join(folder, 'ahead'),
    };
    mkdirSync(this.#env['HOME']!);
    this.#setClock(0);
  }

  /** What stands there when the recording begins. */
  async setUp(): Promise<void> {
    const shop = join(this.#folder, 'shop');
    writeFileSync(join(shop, 'deploy.sh'), '#!/bin/sh\nexec cat > "live-$KNOX_ENVIRONMENT.env"\n', { mode: 0o755 });
    await this.#knox(['init', '--env', 'staging,production', '--key-file', this.#env['KNOX_KEY_FILE']!]);
    for (const [environment, key] of Object.entries(this.#old)) await this.#knox(['add', NAME, '-e', environment], key);
    const probe = ['--probe', this.#service.url, '--header', `Authorization: Bearer {{secret:${NAME}}}`, '--yes'];
    const deploy = ['--deploy-command', './deploy.sh'];
    for (const environment of Object.keys(this.#old)) {
      writeFileSync(join(shop, `${environment}.env`), `STRIPE_API_KEY={{secret:${NAME}}}\nPORT=3000\n`);
      await this.#knox(['route', 'add', `${environment}.env`, '-e', environment, ...probe, ...deploy]);
    }
  }

  async play(): Promise<Frame[]> {
    const terminal = startPty('sh', ['-i'], {
      cwd: join(this.#folder, 'shop'),
      env: this.#env,
      columns: COLUMNS,
      rows: ROWS,
      deadlineMs: 120_000,
    });
    try {
      await this.#firstDay(terminal);
      this.#setClock(TWO_DAYS_MS + 3_600_000);
      await this.#twoDaysLater(terminal);
    } finally {
      terminal.kill('SIGKILL');
    }
    return this.#frames;
  }

  async #firstDay(terminal: Pty): Promise<void> {
    const fresh = { staging: this.#service.makeKey('test'), production: this.#service.makeKey('live') };
    await this.#see(terminal, /^\$$/, 800);
    await this.#type(terminal, 'grep KEY *.env', /staging.env:.*\n\$$/, 1500);
    await this.#type(terminal, `knox rotate ${NAME}`, /for staging\n[^]*select$/, 3500);
    await this.#answer(terminal, '', /New value for staging \(hidden.*$/, 1500);
    await this.#answer(terminal, fresh.staging, /Store it for staging\? .*$/, 1500);
    await this.#answer(terminal, '', /for production\n[^]*select$/, 1500);
    await this.#answer(terminal, '', /New value for production \(hidden.*$/, 1000);
    await this.#answer(terminal, fresh.production, /Store it for production\? .*$/, 1500);
    await this.#answer(terminal, '', /run the deploy command\? .*$/, 3500);
    await this.#answer(terminal, 'y', /Step 6 of 11[^]*run the deploy command\? .*$/, 4000);
    await this.#answer(terminal, 'y', /To undo everything[^]*\n\$$/, 6000);
  }

  async #twoDaysLater(terminal: Pty): Promise<void> {
    await this.#type(terminal, '# two days later', /later\n\$$/, 1000);
    await this.#type(terminal, `knox rotate ${NAME}`, /Step 9[^]*\n\? [^]*$/, 6000);
    for (const key of Object.values(this.#old)) this.#service.revoke(key);
    await this.#answer(terminal, 'y', /Step 10[^]*\n\? [^]*$/, 5000);
    await this.#answer(terminal, 'y', /replaced[^]*\n\$$/, 8000);
  }

  /** Answers a question, and sees what comes of it. */
  async #answer(terminal: Pty, text: string, what: RegExp, milliseconds: number): Promise<void> {
    terminal.send(`${text}\r`);
    await this.#see(terminal, what, milliseconds);
  }

  /** Types a command, and sees what comes of it. */
  async #type(terminal: Pty, command: string, what: RegExp, milliseconds: number): Promise<void> {
    terminal.send(command);
    await this.#see(terminal, new RegExp(`\\$ ${command.replaceAll(/[.*]/g, '\\$&')}$`), 700);
    terminal.send('\r');
    await this.#see(terminal, what, milliseconds);
  }

  async #see(terminal: Pty, what: RegExp, milliseconds: number): Promise<void> {
    await terminal.waitFor(what);
    this.#frames.push({ rows: terminal.shown(), milliseconds });
  }

  #setClock(later: number): void {
    writeFileSync(join(this.#folder, 'ahead'), String(BEGINNING - Date.now() + later));
  }

  /** @throws where it does not end with 0 */
  #knox(argv: readonly string[], input = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn('knox', argv, { cwd: join(this.#folder, 'shop'), env: this.#env });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`knox ${argv.join(' ')}: ${code} ${said}`)),
      );
      child.stdin.end(input);
    });
  }
}
