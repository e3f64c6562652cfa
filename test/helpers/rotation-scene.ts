/** A rotation without a command line: a real vault and files, a clock that a test moves on, and a guide that answers what a test says. */
import { UTC } from '../../src/domain/moments.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Guards } from '../../src/domain/guards.ts';
import type { StepId } from '../../src/domain/step-texts.ts';
import { Rotation } from '../../src/rotation/rotation.ts';
import { runRotation } from '../../src/rotation/run-rotation.ts';
import type { Leak, Order } from '../../src/rotation/run-rotation.ts';
import { workOf } from '../../src/rotation/runner.ts';
import type { Runner, RunResult } from '../../src/rotation/runner.ts';
import type { Timing } from '../../src/rotation/timing.ts';
import type { Answers, Guide, Work } from '../../src/rotation/types.ts';
import { BARE_ROUTE, checkRoute, putRoute } from '../../src/routes/register.ts';
import type { RouteSettings } from '../../src/routes/register.ts';
import type { Change } from '../../src/vault/core/change.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { addSlot, makeVault } from './vault.ts';
import type { TestValues } from './vault.ts';

/** A guide whose answers a test may change; where `canAsk` is false, every question is left open. */
export type FakeGuide = { -readonly [K in keyof Guide]: Guide[K] } & {
  /** Steps that were begun, those that ended with how, and codes of what was warned of. */
  readonly begun: StepId[];
  readonly ended: string[];
  readonly warned: string[];
  readonly opened: string[];
};

function fakeGuide(answers: Partial<Guide> = {}): FakeGuide {
  const lists = { begun: [] as StepId[], ended: [] as string[], warned: [] as string[], opened: [] as string[] };
  return {
    ...lists,
    canAsk: false,
    opens: (text) => lists.opened.push(text),
    stepBegins: (_rotation, step) => lists.begun.push(step),
    stepEnds: (_rotation, step, outcome) => lists.ended.push(`${step} ${outcome.kind}`),
    note: () => undefined,
    warn: (code) => lists.warned.push(code),
    confirmUpdate: async () => null,
    takeIn: async () => null,
    newValue: async () => null,
    vouch: async () => null,
    afterFailure: async () => 'leave',
    ...answers,
  };
}

/** Says yes to everything. */
export const AGREES: Partial<Guide> = { confirmUpdate: async () => true, vouch: async () => true };

export interface Colleague {
  readonly change: (work: (change: Change) => Promise<void>) => Promise<void>;
  readonly open: () => Promise<Vault>;
}

export interface Scene {
  readonly vault: Vault;
  readonly root: string;
  readonly guide: FakeGuide;
  readonly runner: Runner;
  /** What was told of: whether somebody sat there. */
  readonly watched: boolean[];
  readonly warned: string[];
  now: Date;
  readonly laterBy: (hours: number) => void;
  /** Another process's look at the vault. */
  readonly reopen: () => Promise<Vault>;
  /** Gives somebody a key for these realms alone. @returns has them change the vault, by their own program */
  readonly colleague: (realms: readonly string[]) => Promise<Colleague>;
  /** Registers a file of the project that is there, or a text of its own. @param more what is said of it beside that */
  readonly register: (environment: string, path: string, more?: Partial<RouteSettings>) => Promise<void>;
  /** A file that names the secret, with a test command for each environment. */
  readonly addRoute: (environment: string, testCommand: string | null, deployCommand?: string) => Promise<void>;
  readonly answers: (more?: Partial<Answers>) => Answers;
  readonly order: (more?: {
    answers?: Partial<Answers>;
    leak?: Leak;
    timing?: Partial<Timing>;
    given?: Order['given'];
  }) => Order;
  readonly run: (order?: Order, names?: readonly string[]) => Promise<RunResult>;
  /** What the machine works with, of the rotation with this id. */
  readonly work: (id: string, more?: Partial<Answers>, guide?: Guide) => Promise<Work>;
  readonly remove: () => Promise<void>;
}

/** @param secrets default: `api_key` for staging and production */
export async function makeScene(
  secrets: Readonly<Record<string, TestValues>> = { api_key: { staging: 'old-staging-1', production: 'old-prod-1' } },
): Promise<Scene> {
  const made = await makeVault({ environments: ['staging', 'production'], secrets });
  const root = join(made.folder, 'project');
  mkdirSync(root);
  const clock = () => scene.now;
  const vault = await made.open({ now: clock });
  const guide = fakeGuide();
  const watched: boolean[] = [];
  const warned: string[] = [];
  const opened: Vault[] = [vault];
  const runner: Runner = {
    vault,
    root,
    project: '',
    services: {
      root,
      environment: { PATH: process.env['PATH'] ?? '' },
      signals: null,
      gate: { requireAllowed: async () => undefined },
      fetch: async () => {
        throw new Error('no test here sends anything');
      },
    },
    running: () => [],
    sleep: async () => undefined,
    moments: UTC,
    guide: async () => guide,
    watch: async (_rotation, isAttended, work) => {
      watched.push(isAttended);
      return work();
    },
    warn: (code) => warned.push(code),
  };
  const scene: Scene = {
    vault,
    root,
    guide,
    runner,
    watched,
    warned,
    now: new Date('2026-01-10T12:00:00.000Z'),
    laterBy(hours) {
      scene.now = new Date(scene.now.getTime() + hours * 3_600_000);
    },
    async reopen() {
      const other = await made.open({ now: clock });
      opened.push(other);
      return other;
    },
    async colleague(realms) {
      const { secret } = await addSlot(vault, 'colleague', realms);
      const open = async () => {
        const theirs = await made.open({ now: clock, key: { secret, identity: made.key.identity } });
        opened.push(theirs);
        return theirs;
      };
      return {
        open,
        change: async (work) => {
          await (
            await open()
          ).change(async (change) => {
            // Unless they say something else.
            change.log({ action: 'set', secret: 'api_key' });
            await work(change);
          });
        },
      };
    },
    async register(environment, path, more) {
      const settings = { ...BARE_ROUTE, project: '', path, ...more };
      const checked = await vault.read((view) => checkRoute(view, root, environment, settings));
      await vault.change(async (change) => {
        await putRoute(change, checked);
        change.log({ action: 'route-add', route: path, environment });
      });
    },
    async addRoute(environment, testCommand, deployCommand) {
      const path = `config/${environment}.env`;
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), 'API_KEY={{secret:api_key}}\n');
      await scene.register(environment, path, { testCommand, deployCommand: deployCommand ?? null });
    },
    answers: (more) => ({
      values: new Map(),
      generate: 32,
      keep: new Set(),
      confirm: new Set(),
      skip: null,
      until: null,
      isYes: false,
      guards: new Guards(),
      ...more,
    }),
    order: ({ answers, leak, timing, given } = {}) => ({
      timing: { window: null, quarantine: null, between: null, on: null, ...timing },
      given: given ?? (async () => ({ answers: scene.answers(answers), leak: leak ?? null })),
    }),
    run: (order = scene.order(), names = ['api_key']) => runRotation(runner, names, order),
    work: async (id, more, other = guide) => workOf(runner, await Rotation.load(vault, id), scene.answers(more), other),
    async remove() {
      for (const one of opened) await one.close();
      made.remove();
    },
  };
  return scene;
}
