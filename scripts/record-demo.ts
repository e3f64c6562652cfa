/** `npm run record`: plays a rotation in a real terminal and writes what it showed as docs/rotation.svg, which README shows. */
import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { COLUMNS, play, ROWS } from './recording/play.ts';
import { toSvg } from './recording/svg.ts';

const FILE = resolve(import.meta.dirname, '../docs/rotation.svg');
const TITLE =
  'A terminal: knox rotate asks for the new keys, tries them, shows the change of each file, moves staging, then production, and after two days deletes the old key only when it is refused.';

const frames = await play();
writeFileSync(FILE, toSvg(frames, { columns: COLUMNS, rows: ROWS }, TITLE));
console.log(`${FILE}: ${frames.length} frames, ${Math.ceil(statSync(FILE).size / 1024)} kB`);
