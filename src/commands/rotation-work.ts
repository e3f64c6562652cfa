/** What a run of a rotation works with, put together from the surroundings of a command. */
import type { Context } from '../context.ts';
import { runningCommands } from '../files/running-commands.ts';
import type { Rotation } from '../rotation/rotation.ts';
import type { Answers, Guide, Work } from '../rotation/types.ts';
import type { Prompts } from '../terminal/prompts.ts';
import { settingsOf } from '../vault/settings.ts';
import { scriptGuide } from './script-guide.ts';
import { walkGuide } from './walk-guide.ts';

export async function workOf(context: Context, rotation: Rotation, answers: Answers, guide: Guide): Promise<Work> {
  const { root, project } = await context.place();
  const { sleep } = context.io;
  const vault = await context.vault('key');
  return {
    vault,
    rotation,
    root,
    project,
    settings: await vault.read((view) => settingsOf(view)),
    services: context.routeServices(root),
    running: () => runningCommands(context.stateFolder(), vault.manifest.vault),
    sleep,
    guide,
    answers,
  };
}

/** A walk where somebody can be asked, else a script's guide. */
export async function guideOf(context: Context, isYes: boolean): Promise<{ guide: Guide; canAsk: boolean }> {
  const prompts = await promptsOf(context);
  if (prompts === null) return { guide: scriptGuide(context, isYes), canAsk: false };
  return { guide: walkGuide(context, prompts, await context.style(context.io.stderr), isYes), canAsk: true };
}

/** Under --json nothing is asked: stderr is JSON lines. */
export async function promptsOf(context: Context): Promise<Prompts | null> {
  return context.isJson && context.io.prompts === undefined ? null : context.prompts();
}
