import { describe, expect, test } from 'vitest';
import { testNeeding } from '../helpers/needing.ts';
import { BASH, DOCKER, SH } from '../helpers/readers/shell.ts';
import { DOTENV, NODE_ENV_FILE, NODE_PARSE_ENV } from '../helpers/readers/javascript.ts';
import { problemPlaces, render } from '../helpers/templates.ts';

const DOLLARS = 'k9$$Tram@${HOME}$(id)`id`$';

describe('dotenv', () => {
  test('a value with dollars goes into single quotes as it is, and into no double ones', async () => {
    const text = "DB_PASS={{secret:x}}\nDB_SINGLE='{{secret:x}}'\nAFTER=ok\n";
    const rendered = render('dotenv', text, { x: DOLLARS });
    expect(rendered).toBe(`DB_PASS='${DOLLARS}'\nDB_SINGLE='${DOLLARS}'\nAFTER=ok\n`);
    const expected = { DB_PASS: DOLLARS, DB_SINGLE: DOLLARS, AFTER: 'ok' };
    for (const reader of [SH, BASH, DOTENV, NODE_PARSE_ENV, NODE_ENV_FILE])
      expect(await reader.read([{ text: rendered, names: Object.keys(expected) }]), reader.name).toEqual([
        { value: expected },
      ]);
    expect(problemPlaces('dotenv', 'DB_QUOTED="{{secret:x}}"', { x: DOLLARS })).toEqual(['1:12']);
  });

  test.each([
    ['several lines', 'A={{secret:x}}', 'a\nB=1\n', "A='a\nB=1\n'"],
    ['a single quote', 'A={{secret:x}} # c', "it's # b", 'A="it\'s # b" # c'],
    ['double quotes', 'export A="x {{secret:x}}"', "it's", 'export A="x it\'s"'],
    ['a part without quotes', 'A=http://{{secret:x}}/', 'a.b', 'A=http://a.b/'],
    ['a comment', '# A={{secret:x}}\r\nB=1', '"$x', '# A="$x\r\nB=1'],
    ['an empty result', 'A={{secret:x|trim}}', ' ', "A=''"],
  ])('written: %s', (_, text, value, expected) => {
    expect(render('dotenv', text, { x: value })).toBe(expected);
  });

  test.each([
    ['a line end in a comment', '# {{secret:x}}', 'a\nINJECTED=1'],
    ['what the dotenv package takes for a line end in a comment', '# {{secret:x}}', 'a\u2028INJECTED=1'],
    ['the same behind a value', 'A=1 # {{secret:x}}', 'a\u2029INJECTED=1'],
    ['what Python takes for a line end in a comment', '# {{secret:x}}', 'a\u0085INJECTED=1'],
    ['a quote in single quotes', "A='{{secret:x}}'", "it's"],
    ['a backslash at the end of single quotes', "A='{{secret:x}}'", 'a\\'],
    ['a backslash at the end', 'A={{secret:x}}', 'a\\'],
    ['both quotes', 'A={{secret:x}}', 'a\'b"'],
    ['a carriage return', 'A={{secret:x}}', 'a\rb'],
    ['NUL', 'A={{secret:x}}', 'a\0'],
    ['back-ticks', 'A=`{{secret:x}}`', 'v'],
    ['blanks around the sign', 'A = {{secret:x}}', 'v'],
    ['more words', 'A=b {{secret:x}}', 'v'],
    ['a part that needs quotes', 'A=b{{secret:x}}', 'a b'],
    ['a name', '{{secret:x}}=1', 'v'],
    ['no assignment', '{{secret:x}}', 'v'],
    ['CRLF, which sh takes into the value', 'A={{secret:x}}\r\nB=1', 'v'],
    ['after a quote that sh takes for open', "O=it's\nA={{secret:x}}", 'v'],
    ['after a backslash at the end of a line', 'O=a\\\nA={{secret:x}}', 'v'],
    ['a comment without a blank', 'A={{secret:x}}#c', 'v'],
    ['a name that sh cannot read', 'a.b={{secret:x}}', 'v'],
    ['after a byte order mark', '\uFEFFA={{secret:x}}', 'v'],
  ])('refused: %s', (_, text, value) => {
    expect(problemPlaces('dotenv', text, { x: value })).toHaveLength(1);
  });

  test('places: only the comment of the two is refused', () => {
    expect(problemPlaces('dotenv', '# old {{secret:x}}\nA={{secret:x}}\n', { x: 'line1\nINJECTED=1\n' })).toEqual([
      '1:7',
    ]);
  });
});

describe('docker-env', () => {
  test('the rest of the line, as it is', () => {
    expect(render('docker-env', ' A={{secret:x}} # x\r\n# {{secret:x}}', { x: ` ${DOLLARS}"'\\ ` })).toBe(
      ` A= ${DOLLARS}"'\\  # x\r\n#  ${DOLLARS}"'\\ `,
    );
  });
  test.each([
    ['A={{secret:x}}', 'a\nb'],
    ['A={{secret:x}}', 'a\r'],
    ['A={{secret:x}}', '\0'],
    ['# {{secret:x}}', 'a\nb'],
    ['{{secret:x}}=1', 'A'],
    ['{{secret:x}}', 'A=1'],
    ['A={{secret:x}}\n', 'a'.repeat(65_534)],
    ['# {{secret:x}}', 'é'.repeat(32_767)],
  ])('refused: %s', (text, value) => {
    expect(problemPlaces('docker-env', text, { x: value })).toHaveLength(1);
  });
});

testNeeding(['docker'], "Docker's client reads lines of 65,535 bytes and no longer ones", async () => {
  // The reader names it d0_k0.
  const longest = 'a'.repeat(65_535 - 'd0_k0='.length);
  const read = (value: string) =>
    DOCKER.read([{ text: render('docker-env', 'k0={{secret:x}}\n', { x: value }), names: ['k0'] }]);
  expect(await read(longest)).toEqual([{ value: { k0: longest } }]);
  expect(await read(`${longest}a`)).toEqual([{ error: expect.stringContaining('token too long') }]);
});

describe('systemd-env', () => {
  test.each([
    ['A={{secret:x}}', 'A="a\n\\"\\\\\\$\\`\'"'],
    ['A="x\\"{{secret:x}}"', 'A="x\\"a\n\\"\\\\\\$\\`\'"'],
  ])('written: %s', (text, expected) => {
    expect(render('systemd-env', text, { x: 'a\n"\\$`\'' })).toBe(expected);
  });
  test.each([
    ["A='{{secret:x}}'", "it's"],
    ['A={{secret:x}} # no comment here', 'v'],
    ['A=a{{secret:x}}', 'a b'],
    ['; {{secret:x}}\nA=1', 'swallows the next line\\'],
    ['# {{secret:x}}', 'a\nb'],
    ['# on\\\nA={{secret:x}}', 'v'],
    ['A={{secret:x}}', 'a\0'],
    ['A={{secret:x}}', 'a\uffff'],
  ])('refused: %s', (text, value) => {
    expect(problemPlaces('systemd-env', text, { x: value })).toHaveLength(1);
  });
});
