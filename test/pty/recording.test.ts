/** README's recording is what knox shows: it is played again and compared, text by text. After a change of what knox says: `npm run record`. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { COLUMNS, play, ROWS } from '../../scripts/recording/play.ts';
import type { Frame } from '../../scripts/recording/play.ts';
import { textsOf, toSvg } from '../../scripts/recording/svg.ts';
import { builtProgram, ROOT } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';
import { MANY_STARTS_MS } from '../helpers/transcript.ts';

const FILE = join(ROOT, 'docs/rotation.svg');
const recorded = readFileSync(FILE, 'utf8');
let frames: Frame[];
beforeAll(async () => {
  frames = await play(builtProgram());
}, MANY_STARTS_MS);

/** A slow machine comes to a line some minutes later. */
const untimed = (text: string): string => text.replaceAll(/(\d [A-Z][a-z][a-z]) \d\d:\d\d/g, '$1 HH:MM');

/** The frames as the terminal has them, without the way through the SVG. */
const shown = (): string[] =>
  frames.map(({ rows }) =>
    rows
      .map((runs) =>
        runs
          .map(({ text }) => text)
          .join('')
          .trimEnd(),
      )
      .join('\n'),
  );

test('the recording in the repository says what knox says now; else: npm run record', () => {
  expect(textsOf(recorded).map(untimed)).toEqual(shown().map(untimed));
});

test('it shows a whole rotation, and no value', () => {
  const texts = shown();
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.at(-1)).toContain('Done: stripe_api_key_v2 replaced stripe_api_key.');
  expect(texts.join('\n')).toContain('401\n    Unauthorized');
  expect(recorded).not.toMatch(/sk_(?:test|live)_/);
});

test('the SVG gives back the text of its frames, and another text is another recording', () => {
  const size = { columns: COLUMNS, rows: ROWS };
  expect(textsOf(toSvg(frames, size, 'a title'))).toEqual(shown());
  const style = { column: 3, colour: null, isBold: false, isDim: false, isInverse: false };
  const odd = [{ rows: [[], [{ text: '<a & b>  c', ...style }]], milliseconds: 1 }];
  expect(textsOf(toSvg(odd, size, 'a title'))).toEqual(['\n   <a & b>  c']);
});

test('it is small and brings all that it needs', () => {
  expect(statSync(FILE).size).toBeLessThan(200_000);
  expect(recorded).not.toMatch(
    /<script|<image|<foreignObject|href|@import|url\(|https?:(?!\/\/(?:www\.w3\.org\/2000\/svg|dashboard\.stripe\.com))/,
  );
});

testNeeding(['python3'], 'it is well-formed XML', () => {
  const program = 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])';
  expect(spawnSync('python3', ['-c', program, FILE], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
