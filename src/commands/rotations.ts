/** `knox rotations`: those under way; with --all the ended ones too. */
import type { Handler } from '../declarations/command-spec.ts';
import { activeRotations, describeRotation } from '../rotation/describe-rotation.ts';
import { rotationsTable } from './rotation-views.ts';

export const rotations: Handler = async (context, _args, options) => {
  const vault = await context.vault('look');
  const views = await vault.look(async (view) => {
    const rows = options['all'] === true ? await view.find('rotation') : await activeRotations(view);
    const sorted = rows.toSorted((left, right) => (left.started_at < right.started_at ? -1 : 1));
    return Promise.all(sorted.map((row) => describeRotation(view, row)));
  });
  if (views.length === 0) {
    context.say('No rotation is under way. Start one: knox rotate NAME');
    return { json: [] };
  }
  return {
    json: views,
    table: rotationsTable(views, context.io.stdout.isTTY === true, vault.now()),
  };
};
