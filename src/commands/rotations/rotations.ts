/** `knox rotations`: those under way; with --all the ended ones too. */
import type { Run } from '../../command-line/command.ts';
import { allRotations } from '../../rotation/find-rotation.ts';
import { activeRotations, describeRotation } from '../../rotation/describe-rotation.ts';
import { rotationsTable } from './rotation-views.ts';
import type { Rotations } from './declared.ts';

export const rotations: Run<Rotations> = async (context, { all }) => {
  const moments = context.moments(context.io.stdout);
  const vault = await context.vault('look');
  const views = await vault.look(async (view) => {
    const found = all ? await allRotations(view) : await activeRotations(view);
    return Promise.all(found.map((rotation) => describeRotation(view, rotation, moments)));
  });
  if (views.length === 0) {
    context.say('No rotation is in progress. Start one: knox rotate NAME');
    return { json: [] };
  }
  return {
    json: views,
    table: rotationsTable(views, context.io.stdout.isTTY === true, { now: vault.now(), moments }),
  };
};
