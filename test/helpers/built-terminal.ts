/** The built program on a terminal. Apart from built-program.ts, so that only tests with a terminal load one. */
import { builtProgram, environmentOf } from './built-program.ts';
import type { Variables } from './built-program.ts';
import { startPty } from './pty.ts';
import type { Pty, PtyOptions } from './pty.ts';

/** Starts it with `environmentOf(cwd)` and what is given on top of it. */
export function startOnTerminal(
  argv: readonly string[],
  { cwd, env = {}, ...options }: Omit<PtyOptions, 'env'> & { readonly cwd: string; readonly env?: Variables },
): Pty {
  return startPty(process.execPath, [builtProgram(), ...argv], { ...options, cwd, env: environmentOf(cwd, env) });
}
