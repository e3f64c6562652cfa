/**
 * A test or deploy command: `sh -c` in the vault's root, the rendered route on stdin, an end after its time. What it prints is shown as
 * it comes, and its end is kept to explain a failure; both are masked before anybody sees them.
 */
import type { MaskedSecret } from '../domain/mask.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import { runProgram } from '../programs/run-program.ts';
import type { RouteServices } from './probe.ts';

export interface HookOptions {
  readonly command: string;
  readonly route: string;
  readonly environment: string;
  readonly rotation: string | null;
  readonly attempt: string | null;
  /** What the route renders to. */
  readonly input: Plaintext;
  readonly secrets: readonly MaskedSecret[];
  readonly timeoutSeconds: number;
  readonly services: RouteServices;
}

/** @throws hook_failed, with the exit status and the last lines, masked; cancelled by a signal */
export async function runHook(options: HookOptions): Promise<void> {
  const { command, services, input, timeoutSeconds } = options;
  const ended = await runProgram({
    command,
    cwd: services.root,
    env: { ...services.environment, ...variables(options) },
    input: reveal(input),
    timeoutSeconds,
    signals: services.signals,
    showing: services.show === undefined ? undefined : { secrets: options.secrets, show: services.show },
  });
  if (ended.status === 0) return;
  const said = ended.said(options.secrets);
  const text = said === '' ? '' : `\n${said}`;
  throw errors.hook_failed(
    `${commandOf(options)} ${ended.how}${text}`,
    'run it by hand to see more; the rendered file comes on its stdin',
  );
}

/** As the errors of it begin. */
export function commandOf({ route, environment }: Pick<HookOptions, 'route' | 'environment'>): string {
  return `the command of ${route} for ${environment}`;
}

function variables({ route, environment, rotation, attempt }: HookOptions): Record<string, string> {
  return {
    KNOX_ROUTE: route,
    KNOX_ENVIRONMENT: environment,
    KNOX_ROTATION: rotation ?? '',
    KNOX_ATTEMPT: attempt ?? '',
  };
}
