/** What a run of a rotation works with, put together from the surroundings of a command. */
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import type { Rotation } from '../rotation/rotation.ts';
import type { Answers, Guide, Work } from '../rotation/types.ts';
import { scriptGuide } from './script-guide.ts';
import { walkGuide } from './walk-guide.ts';

export async function workOf(context: Context, rotation: Rotation, answers: Answers, guide: Guide): Promise<Work> {
  const { file, root, project } = await context.place();
  const { sleep } = context.io;
  return {
    vault: await context.vault('key'),
    rotation,
    root,
    project,
    records: join(dirname(file), 'rotations'),
    services: context.routeServices(root),
    sleep,
    guide,
    answers,
  };
}

/** A walk where somebody can be asked, else a script's guide. Under --json nothing is asked: stderr is JSON lines. */
export async function guideOf(context: Context, isYes: boolean): Promise<{ guide: Guide; canAsk: boolean }> {
  const prompts = context.isJson && context.io.prompts === undefined ? null : await context.prompts();
  if (prompts === null) return { guide: scriptGuide(context, isYes), canAsk: false };
  return { guide: walkGuide(context, prompts, await context.style(context.io.stderr), isYes), canAsk: true };
}
