/**
 * The guide of a rotation on a terminal: the plan before it begins, where it is among the eleven steps, what was just done, and, where
 * something is needed, what; `?` says why, how to leave and come back, and how to undo. All of it goes to stderr; stdout is left for the
 * closing state.
 */
import type { Context } from '../../context.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { DEFAULT_LENGTH } from '../../domain/generated-length.ts';
import { Plaintext, reveal } from '../../domain/plaintext.ts';
import { printable } from '../../domain/printable.ts';
import { describeValue, isStandIn } from '../../domain/providers.ts';
import { STEP_TEXTS } from '../../domain/step-texts.ts';
import type { StepId } from '../../domain/step-texts.ts';
import type { KnoxError } from '../../errors.ts';
import { factWords } from '../../rotation/fact-words.ts';
import { proofsOf } from '../../rotation/proof.ts';
import type { Rotation } from '../../rotation/rotation.ts';
import type { Guide, ValueRequest } from '../../rotation/types.ts';
import { generateValue } from '../../sources/generate.ts';
import { renderDiff } from '../../terminal/diff-view.ts';
import type { Prompts } from '../../terminal/prompts.ts';
import type { Style } from '../../terminal/style.ts';
import { guideBlock, paragraph, progressHeader } from '../../terminal/walk-view.ts';
import type { StepState } from '../../terminal/walk-view.ts';
import { walkPlan } from './walk-plan.ts';

export function walkGuide(context: Context, prompts: Prompts, style: Style, isYes: boolean): Guide {
  return new Walk(context, prompts, style, isYes);
}

class Walk implements Guide {
  readonly canAsk = true;
  readonly #context: Context;
  readonly #prompts: Prompts;
  readonly #style: Style;
  readonly #isYes: boolean;
  #base = '';
  #opening: string | null = null;
  /** The step whose guidance was shown, so that several questions of one step show it once. */
  #explained: StepId | null = null;
  /** All of it, for whoever types `?`. */
  #more = '';

  constructor(context: Context, prompts: Prompts, style: Style, isYes: boolean) {
    this.#context = context;
    this.#prompts = prompts;
    this.#style = style;
    this.#isYes = isYes;
  }

  get #view(): { width: number; style: Style } {
    return { width: this.#context.width, style: this.#style };
  }

  #say(lines: string | readonly string[]): void {
    this.#context.say(typeof lines === 'string' ? lines : lines.join('\n'));
  }

  opens(text: string): void {
    this.#opening = text;
  }

  stepBegins(rotation: Rotation, step: StepId): void {
    const { base, from, to } = rotation.secrets[0]!;
    if (this.#base === '') {
      const others = rotation.secrets.slice(1).map((secret) => secret.base);
      const also = others.length === 0 ? '' : `  (with ${others.join(', ')})`;
      this.#say(`${this.#style.heading(`${from} ${this.#style.symbols.arrow} ${to}`)}${also}`);
      if (this.#opening !== null)
        this.#say(paragraph(this.#opening, 2, this.#view).map((line) => this.#style.error(line)));
      if (rotation.steps.every(({ state }) => state === 'todo')) this.#say(`\n${walkPlan(rotation, base, this.#view)}`);
    }
    this.#base = base;
    const states: StepState[] = rotation.steps.map(({ id, state }) => (id === step ? 'current' : state));
    const number = rotation.steps.findIndex(({ id }) => id === step) + 1;
    this.#say(`\n${progressHeader({ number, title: STEP_TEXTS[step].title, states }, this.#view)}`);
    this.#say(paragraph(STEP_TEXTS[step].does, 2, this.#view));
  }

  stepEnds(rotation: Rotation, _step: StepId, outcome: Parameters<Guide['stepEnds']>[2]): void {
    if (outcome.kind !== 'done' && outcome.kind !== 'skipped') return;
    const text = factWords(outcome.facts, proofsOf(rotation.parts), this.#context.moments(this.#context.io.stderr));
    if (outcome.kind === 'skipped') this.#line('skipped', 'dim', text);
    else if (outcome.isDoubtful === true) this.warn('', text);
    else this.#line('done', 'ok', text);
  }

  #line(symbol: 'done' | 'skipped', tone: 'ok' | 'dim', text: string): void {
    const [first = '', ...rest] = paragraph(text, 4, this.#view);
    const sign = this.#style[tone](this.#style.symbols[symbol]);
    this.#say([`  ${sign} ${first.slice(4)}`, ...rest]);
  }

  note(text: string): void {
    this.#say(paragraph(text, 4, this.#view));
  }

  warn(_code: string, text: string): void {
    const [first = '', ...rest] = paragraph(text, 4, this.#view);
    this.#say([`  ${this.#style.warn(this.#style.symbols.warning)} ${first.slice(4)}`, ...rest]);
  }

  /** What the step needs, once a step; the rest for whoever asks. */
  #explain(step: StepId, needs: string): void {
    const { why, undo } = STEP_TEXTS[step];
    const leave = `Press Ctrl-C to leave; \`knox rotate ${this.#base}\` continues here, today or in a week.`;
    this.#more = `\n${guideBlock({ why, needs, leave, undo }, this.#view)}\n`;
    if (this.#explained === step) return;
    this.#explained = step;
    this.#say(['', guideBlock({ needs }, this.#view), `  ${this.#style.dim(SHORT_HELP)}`, '']);
  }

  async confirmUpdate(...[step, changes, deploys]: Parameters<Guide['confirmUpdate']>): Promise<boolean> {
    const count = changes.length;
    const files =
      count === 0 ? 'No file needs rewriting.' : `Review ${count === 1 ? 'this change' : 'these changes'} and confirm.`;
    if (!this.#isYes) this.#explain(step, files);
    for (const change of changes) this.#say(renderDiff(change, this.#view));
    for (const { path, environment, command } of deploys)
      this.#say(`  ${this.#style.symbols.arrow} deploy command of ${path} for ${environment}: ${printable(command)}`);
    if (this.#isYes) return true;
    return this.#prompts.confirm({
      message: questionOf(count, deploys.length),
      more: this.#more,
      // An Enter too many must not change production.
      default: step === 'update-production' ? 'none' : true,
    });
  }

  async takeIn({ path, line, placeholder, environments }: Parameters<Guide['takeIn']>[0]): Promise<string | null> {
    // A yes to everything that was planned is none to files that nobody thought of.
    if (this.#isYes) return null;
    const place = printable(`${path}:${line}`);
    const what =
      placeholder === null ? `Register ${printable(path)}` : `Put ${placeholder} into ${place} and register it`;
    if (placeholder !== null)
      this.note(
        `${printable(path)} becomes a template: start its program with knox run --env-file, or have it read the output of knox render.`,
      );
    const [only] = environments;
    if (only !== undefined && environments.length === 1) {
      const isWanted = await this.#prompts.confirm({ message: `${what} for ${only}?`, default: false });
      return isWanted ? only : null;
    }
    const choices = environments.map((name) => ({ name, value: name as string | null }));
    const leave = { name: 'none: do not change the file', value: null };
    return this.#prompts.select({ message: `${what} for which environment?`, choices: [...choices, leave] });
  }

  async newValue(request: ValueRequest): ReturnType<Guide['newValue']> {
    const { environment, present, secret } = request;
    const place = environment === SHARED ? '' : ` for ${environment}`;
    const orMade = request.canGenerate ? ', or let knox generate one' : '';
    this.#explain('generate', `A new value${place}: paste it (it is not shown)${orMade}.`);
    if (present !== null) this.note(`The present value${place} is ${present}.`);
    const choices = [
      { name: 'Paste or type a new value', value: 'type' as const },
      ...(request.canGenerate ? [{ name: 'Generate a random one (32 characters)', value: 'generate' as const }] : []),
      ...(request.canKeep ? [{ name: 'Keep the present one here', value: 'keep' as const }] : []),
    ];
    for (;;) {
      const choice = await this.#prompts.select({ message: `${secret}${place}`, choices, more: this.#more });
      if (choice === 'keep') return 'keep';
      if (choice === 'generate') return { value: generateValue(DEFAULT_LENGTH), isGenerated: true };
      const value = new Plaintext(await this.#prompts.hidden({ message: `New value${place}` }));
      this.note(describeValue(reveal(value), secret));
      if (await this.#prompts.confirm({ message: `Store it${place}?`, default: !isStandIn(reveal(value)) }))
        return { value, isGenerated: false };
      value.wipe();
    }
  }

  async afterFailure(error: KnoxError, canRollBack: boolean): Promise<'again' | 'rollback' | 'leave'> {
    // What a command printed stands above, as it came.
    const said = error.code === 'hook_failed' ? error.message.split('\n')[0]! : error.message;
    const [first = '', ...rest] = paragraph(said, 4, this.#view);
    this.#say([`  ${this.#style.error(this.#style.symbols.failed)} ${first.slice(4)}`, ...rest]);
    return this.#prompts.select({
      message: 'What now?',
      isDeliberate: true,
      choices: [
        { name: 'I fixed it, try again', value: 'again' as const },
        ...(canRollBack
          ? [{ name: 'Roll back: restore the old name in every file and deploy again', value: 'rollback' as const }]
          : []),
        { name: 'Stop here and come back later', value: 'leave' as const },
      ],
    });
  }

  async vouch({ step, question, lines, needs }: Parameters<Guide['vouch']>[0]): Promise<boolean> {
    this.#explain(step, needs ?? 'Confirmation: knox cannot check this for you.');
    this.#say(lines.flatMap((line) => paragraph(line, 2 + (line.length - line.trimStart().length), this.#view)));
    return this.#prompts.confirm({ message: question, default: false, more: this.#more });
  }
}

const SHORT_HELP = '? says why and how to undo it, Ctrl-C pauses';

function questionOf(files: number, deploys: number): string {
  const rewrite = files === 0 ? '' : `Rewrite ${files === 1 ? 'this file' : `these ${files} files`}`;
  if (deploys === 0) return `${rewrite}?`;
  const run = `${deploys === 1 ? 'the deploy command' : `${deploys} deploy commands`}?`;
  return rewrite === '' ? `Run ${run}` : `${rewrite} and run ${run}`;
}
