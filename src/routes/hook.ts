/**
 * A test or deploy command: `sh -c` in the vault's root, the rendered route on stdin, an end after its time. What it prints is shown as
 * it comes, and its end is kept to explain a failure; both are masked before anybody sees them.
 */
import type { MaskedSecret } from '../domain/mask.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import { runProgram } from '../programs/run-program.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { RouteContent } from '../vault/records/route.ts';
import type { CommandGate } from '../vault/gate/command-gate.ts';
import type { RouteServices } from './probe.ts';

/** Which of a route's two commands. */
export type HookKind = 'test' | 'deploy';

export interface HookOptions {
  readonly route: RouteRecord;
  readonly kind: HookKind;
  readonly rotation: string | null;
  readonly attempt: string | null;
  /** What the route renders to. */
  readonly input: Plaintext;
  readonly secrets: readonly MaskedSecret[];
  readonly services: RouteServices;
}

const TEN_MINUTES = 600;

/** The command, or null where the route has none. */
function commandText({ testCommand, deployCommand }: RouteContent, kind: HookKind): string | null {
  return kind === 'test' ? testCommand : deployCommand;
}

/**
 * That a route's command may run here: asked before anything is done for it, outside of any transaction.
 * @throws untrusted_command
 */
export async function requireHook(route: RouteRecord, kind: HookKind, gate: CommandGate): Promise<void> {
  const text = commandText(route, kind);
  const name = `the ${kind} command of ${route.path} for ${route.realm}`;
  if (text !== null) await gate.requireAllowed({ record: route, what: 'command', name, text });
}

/** @throws untrusted_command; hook_failed, with the exit status and the last lines, masked; cancelled by a signal */
export async function runHook(options: HookOptions): Promise<void> {
  const { route, kind, services, input } = options;
  const command = commandText(route, kind);
  if (command === null) return;
  await requireHook(route, kind, services.gate);
  const ended = await runProgram({
    command,
    cwd: services.root,
    env: { ...services.environment, ...variables(options) },
    input: reveal(input),
    timeoutSeconds: route.timeout ?? TEN_MINUTES,
    signals: services.signals,
    showing: services.show === undefined ? undefined : { secrets: options.secrets, show: services.show },
  });
  if (ended.status === 0) return;
  const said = ended.said(options.secrets);
  const text = said === '' ? '' : `\n${said}`;
  throw errors.hook_failed(
    `${commandOf(route)} ${ended.how}${text}`,
    'run it by hand to see more; it gets the rendered file on stdin',
  );
}

/** As the errors of it begin. */
export function commandOf({ path, realm }: Pick<RouteRecord, 'path' | 'realm'>): string {
  return `the command of ${path} for ${realm}`;
}

function variables({ route, rotation, attempt }: HookOptions): Record<string, string> {
  return {
    KNOX_ROUTE: route.path,
    KNOX_ENVIRONMENT: route.realm,
    KNOX_ROTATION: rotation ?? '',
    KNOX_ATTEMPT: attempt ?? '',
  };
}
