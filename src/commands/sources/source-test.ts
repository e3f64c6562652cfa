/**
 * `knox source test`: asks the source of a secret whether it would work, in every environment. With a yes it goes through every action
 * with a trial credential, which is made, looked at, revoked and never stored.
 */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import { randomBytes } from 'node:crypto';
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { maskText } from '../../domain/mask.ts';
import { printable } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import { baseOf } from '../../rotation/find-rotation.ts';
import { credentialAt, sourceAt } from '../../rotation/source-at.ts';
import type { SourceAt } from '../../rotation/source-at.ts';
import { overlapText } from '../../sources/overlap.ts';
import { UNSUPPORTED } from '../../sources/source.ts';
import type { Created, Credential, SourceRequest } from '../../sources/source.ts';
import { versionsIn } from '../../vault/secrets/find-secret.ts';
import { askSecret } from '../common/ask-name.ts';
import type { SourceOf } from './declared.ts';

interface Tried {
  readonly action: string;
  readonly result: 'ok' | 'unsupported' | 'failed';
  readonly detail: string | null;
}

export const sourceTest: Run<SourceOf> = async (context, given) => {
  const name = await askSecret(context, given.name, 'knox source test NAME');
  const vault = await context.vault('key');
  vault.requireTrust();
  const { root } = await context.place();
  const services = {
    ...context.routeServices(root),
    sleep: context.io.sleep,
    now: () => vault.now(),
    warn: (code: WarningCode, text: string) => context.warn(code, text),
  };
  const guards = context.guards();
  const { base, places } = await vault.read(async (view) => {
    const known = await baseOf(view, name);
    const found: { environment: string; at: SourceAt; old: Credential | null }[] = [];
    for (const environment of view.readableRealms()) {
      const lineage = await view.get('lineage', environment, known);
      const newest =
        lineage === null ? undefined : (await versionsIn(view, lineage)).find(({ state }) => state === 'live');
      // A shared value has its source in `shared`.
      if (newest === undefined || newest.value === null) continue;
      const at = await sourceAt(view, known, environment, { services, guards });
      if (at !== null) found.push({ environment, at, old: await credentialAt(view, newest.name, environment) });
    }
    return { base: known, places: found };
  });
  if (places.length === 0) throw errors.usage(`${base} has no source to test`, `set one: knox source set ${base} KIND`);
  const isTrial = await wantsTrial(context, base);
  const results: { environment: string; overlap: string | null; actions: Tried[] }[] = [];
  let failure: KnoxError | null = null;
  for (const { environment, at, old } of places) {
    const run = new Trial(at, old);
    const overlap = await run.test();
    if (isTrial && run.failure === null) await run.all();
    failure ??= run.failure;
    results.push({ environment, overlap, actions: run.tried });
  }
  const rows = results.flatMap(({ environment, actions }) =>
    actions.map(({ action, result, detail }) => [
      environment,
      action,
      { text: result, tone: result === 'failed' ? ('error' as const) : ('dim' as const) },
      detail ?? '',
    ]),
  );
  const shown = { json: results, table: { head: ['Environment', 'Action', 'Result', ''], rows, prose: [3] } };
  return failure === null ? shown : { ...shown, error: failure };
};

/** A trial makes something at the provider: never without a yes. */
async function wantsTrial(context: Context, base: string): Promise<boolean> {
  if (context.options.yes === true) return true;
  const prompts = context.isJson && context.io.prompts === undefined ? null : await context.prompts();
  if (prompts === null) return false;
  return prompts.confirm({ message: `Create a test credential for ${base} at its source, and revoke it?` });
}

/** One environment's source, action after action. */
class Trial {
  readonly tried: Tried[] = [];
  failure: KnoxError | null = null;
  readonly #at: SourceAt;
  readonly #old: Credential | null;
  readonly #request: SourceRequest;

  constructor(at: SourceAt, old: Credential | null) {
    this.#at = at;
    this.#old = old;
    this.#request = { ...at.request, attempt: `trial-${randomBytes(6).toString('hex')}-${at.request.environment}` };
  }

  async test(): Promise<string | null> {
    const overlap = await this.#try('test', () => this.#at.source.test(this.#request, this.#old));
    return overlap === null || overlap === undefined ? null : overlapText(overlap);
  }

  /** Whatever happens in between, what was made is revoked. */
  async all(): Promise<void> {
    const { source } = this.#at;
    if (source.isSpending?.(this.#request) === true) {
      const detail = 'not tested: it would use up the present value';
      this.tried.push({ action: 'create', result: 'unsupported', detail });
      return;
    }
    const first = await this.#try('create', () => source.create(this.#request, this.#old));
    if (first === undefined) return;
    let isRemoved = false;
    await this.#try('find', async () => {
      const found = await source.find(this.#request);
      // Of the other kinds, making it again is what finds it.
      if (found === UNSUPPORTED || this.#at.kind !== 'command') return found;
      // A value that is shown once cannot be found again: then what the attempt made is removed, and nothing is answered.
      if (found === null) isRemoved = true;
      else if (found.handle !== first.handle) throw errors.source_failed('find and create gave different handles');
      return found;
    });
    const again = isRemoved
      ? await this.#try('create again', () => source.create(this.#request, this.#old))
      : undefined;
    const credential = again ?? first;
    await this.#try('usage', () => source.usage(this.#request, credential));
    const disabled = await this.#try('disable', () => source.disable(this.#request, credential));
    if (disabled !== UNSUPPORTED) {
      await this.#try('enable', () => source.enable(this.#request, credential));
      await this.#try('disable again', () => source.disable(this.#request, credential));
    }
    const revoked = await this.#try('revoke', () => source.revoke(this.#request, credential));
    if (revoked !== UNSUPPORTED) await this.#try('revoke again', () => source.revoke(this.#request, credential));
    // Where it was not removed after all, nothing may be left of it.
    if (again !== undefined) await this.#try('revoke the first', () => source.revoke(this.#request, first));
    if (revoked === undefined && this.tried.some(({ action, result }) => action === 'revoke' && result === 'failed')) {
      const detail = `the test credential ${printable(first.handle ?? '')} is still there`.replace('  ', ' ');
      this.tried.push({ action: 'clean up', result: 'failed', detail });
    }
    for (const { value } of [first, credential]) value.wipe();
  }

  async #try<T>(action: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await work();
      const result = answer === UNSUPPORTED ? 'unsupported' : 'ok';
      this.tried.push({ action, result, detail: notesOf(answer) });
      return answer;
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'cancelled') throw error;
      this.tried.push({ action, result: 'failed', detail: maskText(error.message, [...this.#request.secrets]) });
      this.failure ??= error;
      return undefined;
    }
  }
}

/** What was odd about what was made. */
function notesOf(answer: unknown): string | null {
  const { notes = [] }: Partial<Created> = typeof answer === 'object' && answer !== null ? answer : {};
  return notes.length === 0 ? null : notes.join('; ');
}
