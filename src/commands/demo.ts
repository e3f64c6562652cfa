/** `knox demo`: a whole rotation to watch, in a temporary folder. */
import type { Handler } from '../command-table.ts';
import { playDemo } from '../demo/demo.ts';

export const demo: Handler = async (context, _args, options) => {
  const { stdout } = context.io;
  const tell = (line: string): void => {
    if (!context.isJson) stdout.write(`${line}\n`);
  };
  const result = await playDemo(context.io, options['keep'] === true, tell);
  const kept = result.folder === null ? '' : `\nThe project is left in ${result.folder}`;
  return { json: result, text: `\nDone. Your turn: knox init${kept}` };
};
