/**
 * `knox migrate`: secrets named by convention become one secret with a value for each environment. The plan is shown first, with what is
 * left and why; then all of it is done, or none. The old secrets stay until somebody deletes them.
 */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { carryOut } from '../../migrate/apply.ts';
import { propose, requireMovable } from '../../migrate/propose.ts';
import type { Proposal } from '../../migrate/propose.ts';
import type { Target, View } from '../../output/view.ts';
import { findMentions } from '../../rotation/mentions.ts';
import { renderDiff } from '../../terminal/diff-view.ts';
import type { Style } from '../../terminal/style.ts';
import type { Migrate } from './declared.ts';

export const migrate: Run<Migrate> = async (context, { dryRun: isDry }) => {
  const guards = context.guards();
  const place = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const prompts = isDry || context.options.yes === true ? null : await context.prompts();
  const { proposal, error } = await context.longWork('nothing was migrated', (step) =>
    vault.read(async (view) => {
      const found = await propose(view, place.root, place.project);
      // What stands in the way is told with the plan, so that it can be seen what it stands in the way of.
      const refusal = await requireMovable(view, found, guards, step).then(() => null, known);
      return { proposal: found, error: refusal };
    }),
  );
  warnOfOthers(context, proposal, place.root);
  if (error !== null) return viewOf(proposal, { error });
  if (isDry || proposal.planned.length === 0) return viewOf(proposal);
  if (context.options.yes !== true) {
    if (prompts === null) {
      const asked = 'no terminal to confirm the plan';
      return viewOf(proposal, { error: errors.needs_terminal(asked, 'review the plan, then: knox migrate --yes') });
    }
    context.say(page(proposal, { width: context.width, style: await context.style(context.io.stderr) }));
    if (!(await context.confirm('Apply this plan?', 'migrate'))) throw errors.cancelled('nothing was migrated');
  }
  await context.longWork('nothing was migrated', (step) => carryOut(vault, place, proposal, guards, step));
  const done = closing(proposal);
  return prompts === null ? viewOf(proposal, { done }) : { json: document(proposal, true), text: done };
};

const MOST_WARNED = 20;

/** A file that is not a route keeps the old name, and works until the old secret is deleted. */
function warnOfOthers(context: Context, { planned, read }: Proposal, root: string): void {
  if (planned.length === 0) return;
  const names = planned.flatMap(({ from }) => from.map(({ name }) => name));
  const registered = new Set(read.routes.map(({ record }) => record.path));
  const wanted = { names, values: [], outputs: [], registered, records: '' };
  const found = findMentions(root, wanted).found.filter(({ kind }) => kind === 'placeholder');
  for (const { path, line } of found.slice(0, MOST_WARNED))
    context.warn(
      'not_registered',
      `${printable(path)}:${line} names a secret that moves, but is not a route: it is not rewritten`,
    );
  if (found.length > MOST_WARNED)
    context.warn('not_registered', `${found.length - MOST_WARNED} more files name a secret that moves`);
}

function known(error: unknown) {
  if (isKnoxError(error) && error.code !== 'cancelled') return error;
  throw error;
}

function document({ planned, left }: Proposal, done: boolean): object {
  return { planned, left, done };
}

function viewOf(proposal: Proposal, { done, error }: { done?: string; error?: unknown } = {}): View {
  return {
    json: document(proposal, done !== undefined),
    draw: (target: Target) => {
      const plan = page(proposal, target);
      return done === undefined ? plan : `${plan}\n${done}`;
    },
    ...(error === undefined ? {} : { error }),
  };
}

function closing({ planned, texts }: Proposal): string {
  const old = planned.flatMap(({ from }) => from.map(({ name }) => name));
  const files = texts.filter(({ file }) => file !== null).length;
  return [
    `Created ${planned.map(({ to }) => to).join(', ')} and rewrote ${files} ${files === 1 ? 'file' : 'files'}.`,
    'The old secrets are still there. When nothing uses them:',
    ...old.map((name) => `  knox delete ${name}`),
  ].join('\n');
}

function page({ planned, left, texts }: Proposal, target: { width: number; style: Style }): string {
  const { style } = target;
  const lines: string[] = [];
  for (const { to, from, routes } of planned) {
    lines.push(style.heading(to));
    for (const { name, environment } of from) lines.push(`  ${environment}: ${style.dim(`from ${name}`)}`);
    if (routes.length > 0) lines.push(`  named by ${routes.map(printable).join(', ')}`);
  }
  for (const { path, environments, hunks } of texts)
    lines.push('', renderDiff({ path, environments, hunks }, target).trimEnd());
  if (left.length > 0) lines.push(...(lines.length === 0 ? [] : ['']), style.heading('Not changed'));
  for (const { name, reason } of left) lines.push(`  ${style.warn(name)}: ${printable(reason)}`);
  return lines.length === 0 ? 'No secret is named after an environment: nothing to migrate.' : lines.join('\n');
}
