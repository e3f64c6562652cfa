/** What a rotation needs of a command: where it runs, who leads through it, who is told. */
import type { Context } from '../../context.ts';
import { runningCommands } from '../../files/running-commands.ts';
import type { Runner } from '../../rotation/runner.ts';
import type { Guide } from '../../rotation/types.ts';
import type { Prompts } from '../../terminal/prompts.ts';
import { watched } from '../common/notices.ts';
import { scriptGuide } from './script-guide.ts';
import { walkGuide } from './walk-guide.ts';

/** Opens the vault. @param asks false where nobody is asked although somebody may sit there */
export async function runnerOf(context: Context, asks = true): Promise<Runner> {
  const vault = await context.vault('key');
  const { root, project } = await context.place();
  const { sleep } = context.io;
  return {
    vault,
    root,
    project,
    services: context.routeServices(root),
    running: () => runningCommands(context.stateFolder(), vault.manifest.vault),
    sleep,
    // stdout's: what is said last stands there, and a program may read it.
    moments: context.moments(context.io.stdout),
    guide: async (isYes) => (asks ? guideOf(context, isYes) : scriptGuide(context, isYes)),
    watch: (rotation, isAttended, work) => watched(context, vault, rotation, isAttended, work),
    warn: (code, text) => context.warn(code, text),
  };
}

/** A walk where somebody can be asked, else a script's guide. */
async function guideOf(context: Context, isYes: boolean): Promise<Guide> {
  const prompts = await promptsOf(context);
  if (prompts === null) return scriptGuide(context, isYes);
  return walkGuide(context, prompts, await context.style(context.io.stderr), isYes);
}

/** Under --json nothing is asked: stderr is JSON lines. */
export async function promptsOf(context: Context): Promise<Prompts | null> {
  return context.isJson && context.io.prompts === undefined ? null : context.prompts();
}
