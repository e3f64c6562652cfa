/**
 * One step of a rotation by itself: the machine goes as far as the step before, then a test calls the step. What it asks whoever leads is
 * written down and answered from a table; so is what it sends to the service behind the probes, which lets in the values that a test says.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Plaintext } from '../../src/domain/plaintext.ts';
import type { RotationOptions } from '../../src/domain/rotation-record.ts';
import type { StepId } from '../../src/domain/step-texts.ts';
import { advance } from '../../src/rotation/machine.ts';
import { Rotation } from '../../src/rotation/rotation.ts';
import { startRotation } from '../../src/rotation/start.ts';
import { STEPS } from '../../src/rotation/steps.ts';
import type { Answers, Guide, Outcome, Work } from '../../src/rotation/types.ts';
import { vouchFor } from '../../src/vault/gate/vouch.ts';
import { recordUses } from '../../src/vault/uses/record-use.ts';
import { AGREES, makeScene } from './rotation-scene.ts';
import type { Scene } from './rotation-scene.ts';
import { textOf } from './vault.ts';

/** What whoever leads answers; to what is not said here nobody has an answer. */
export interface Table {
  readonly update?: boolean;
  /** One after the other. */
  readonly vouch?: readonly boolean[];
  /** By environment, one after the other. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
  /** By path: for which environment the file is taken in. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A question, short. */
export type Asked =
  | {
      readonly of: 'update';
      readonly step: StepId;
      readonly files: readonly string[];
      readonly deploys: readonly string[];
    }
  | { readonly of: 'vouch'; readonly step: StepId; readonly question: string }
  | { readonly of: 'value'; readonly to: string; readonly environment: string }
  | { readonly of: 'file'; readonly path: string; readonly environments: readonly string[] };

/** The values that `reach` gives. */
export const NEW = { staging: 'new-staging-1', production: 'new-prod-1' } as const;
export const OLD = { staging: 'old-staging-1', production: 'old-prod-1' } as const;

/** Its address ends with the value, which is how the service gets it. */
export const PROBE = 'https://pay.example.com/{{secret:api_key}}';

export interface StepScene extends Scene {
  readonly asked: Asked[];
  /** Values that came to the service, and those that it lets in: at first old and new ones. */
  readonly sent: string[];
  readonly accepted: Set<string>;
  /** What is answered to anything, where it is not null. */
  status: number | null;
  /** Called for what comes to the service, before it answers. */
  onSent: () => void;
  readonly write: (path: string, text: string) => void;
  readonly text: (path: string) => string;
  readonly erase: (path: string) => void;
  readonly has: (path: string) => boolean;
  readonly begin: (terms?: { quarantine?: number; options?: RotationOptions; source?: 'generate' }) => Promise<void>;
  /** Goes on to right before a step: everybody agrees, and the clock moves to whatever is waited for. */
  readonly reach: (step: StepId) => Promise<void>;
  /** Calls one step. */
  readonly step: (step: StepId, table?: Table, answers?: Partial<Answers>) => Promise<Outcome>;
  /** What the step would work with. */
  readonly current: (answers?: Partial<Answers>) => Promise<Work>;
  /** As another look at the vault finds it. */
  readonly stored: () => Promise<Rotation>;
  readonly valueOf: (name: string, environment: string) => Promise<string | null>;
  /** What `step` put into the log, oldest first. */
  readonly logged: () => Promise<string[]>;
  /** Somebody gets a version's value. */
  readonly use: (name: string, environment: string) => Promise<void>;
  /** A program that makes and revokes the values of one environment. */
  readonly addSource: (environment: string) => Promise<void>;
  /** What that program was asked for: `revoke production`. */
  readonly provider: () => string[];
  readonly given: (values: Readonly<Record<string, string>>) => Answers['values'];
}

const ORDER = STEPS.map(({ id }) => id);
const PROVIDER = 'provider.txt';
const PROGRAM = `echo "$KNOX_ACTION $KNOX_ENVIRONMENT" >>${PROVIDER}; case $KNOX_ACTION in
create) echo '{"value":"made-by-provider"}';; disable|enable|revoke) ;; *) exit 64;; esac`;

/** @param secrets default: `api_key` for staging and production */
export async function makeStepScene(secrets?: Parameters<typeof makeScene>[0]): Promise<StepScene> {
  const base = await makeScene(secrets);
  const { vault, root } = base;
  const asked: Asked[] = [];
  const sent: string[] = [];
  const accepted = new Set<string>([...Object.values(OLD), ...Object.values(NEW)]);
  let id = '';
  let from = 0;
  const add = {
    asked,
    sent,
    accepted,
    status: null,
    onSent: () => undefined,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    text: (path) => readFileSync(join(root, path), 'utf8'),
    has: (path) => existsSync(join(root, path)),
    erase: (path) => rmSync(join(root, path)),
    async begin({ quarantine = 0, options = {}, source } = {}) {
      const rest = { project: '', window: 48 * 3600, isUnattended: false, record: null };
      id = await startRotation(vault, ['api_key'], { ...rest, source: source ?? null, quarantine, options });
    },
    async reach(step) {
      const until = ORDER[ORDER.indexOf(step) - 1]!;
      for (;;) {
        const values = scene.given(NEW);
        const stop = await advance(
          await scene.work(id, { until, values, generate: null }, { ...scene.guide, ...AGREES }),
        );
        if (stop.kind === 'until') return;
        const time = stop.kind === 'waits' && stop.needs.kind === 'time' ? stop.needs.until : null;
        if (time === null) throw new Error(`before ${step}: ${JSON.stringify(stop)}`);
        scene.now = new Date(time);
      }
    },
    async step(step, table = {}, answers = {}) {
      asked.length = 0;
      sent.length = 0;
      from = (await vault.read(async (view) => view.head)).seq;
      const work = await scene.work(id, { generate: null, ...answers }, guideOf(scene, table));
      return STEPS[ORDER.indexOf(step)]!.run(work);
    },
    current: (answers) => scene.work(id, answers),
    stored: async () => Rotation.load(await scene.reopen(), id),
    valueOf: (name, environment) => textOf(vault, name, environment),
    logged: () =>
      vault.read(async (view) => {
        const actions: string[] = [];
        for await (const { seq, action } of view.recordedDown()) if (seq > from) actions.unshift(action);
        return actions;
      }),
    use: (name, realm) => vault.change((change) => recordUses(change, [{ name, realm }], 'get')),
    async addSource(environment) {
      await vault.change(async (change) => {
        const rest = { kind: 'command', options: { program: PROGRAM }, overlap: null, createdAt: change.at };
        const content = vouchFor(change, 'source', environment, { base: 'api_key', ...rest });
        await change.put('source', environment, content);
        change.log({ action: 'source-set', secret: 'api_key' });
      });
    },
    provider: () => (scene.has(PROVIDER) ? scene.text(PROVIDER).split('\n').slice(0, -1) : []),
    given: (values) =>
      new Map([
        [
          'api_key',
          new Map(
            Object.entries(values).map(([environment, text]) => [
              environment,
              { value: Plaintext.fromText(text), from: 'file' as const },
            ]),
          ),
        ],
      ]),
  } satisfies Partial<StepScene> as Omit<StepScene, keyof Scene>;
  // The same object: the clock of the vault looks at it.
  const scene = Object.assign(base, add);
  Object.assign(scene.runner.services, {
    fetch: async (url: string) => {
      const value = url.slice(url.lastIndexOf('/') + 1);
      sent.push(value);
      scene.onSent();
      return new Response('', { status: scene.status ?? (accepted.has(value) ? 200 : 401) });
    },
  });
  return scene;
}

function guideOf({ guide, asked }: StepScene, { update, vouch = [], values = {}, files = {} }: Table): Guide {
  const words = [...vouch];
  const typed = new Map(Object.entries(values).map(([environment, text]) => [environment, [text].flat()]));
  return {
    ...guide,
    async confirmUpdate(step, changes, deploys) {
      const paths = changes.map(({ path }) => path);
      asked.push({ of: 'update', step, files: paths, deploys: deploys.map(({ command }) => command) });
      return update ?? null;
    },
    async vouch({ step, question }) {
      asked.push({ of: 'vouch', step, question });
      return words.shift() ?? null;
    },
    async newValue({ to, environment }) {
      asked.push({ of: 'value', to, environment });
      const text = typed.get(environment)?.shift();
      return text === undefined ? null : { value: Plaintext.fromText(text), isGenerated: false };
    },
    async takeIn({ path, environments }) {
      asked.push({ of: 'file', path, environments });
      return files[path] ?? null;
    },
  };
}
