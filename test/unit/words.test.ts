/**
 * knox speaks plain, short English in the terms of the field, as git, gh and npm do. What a person reads is held against words that are
 * not ours, each with what to say instead; and an error begins in lower case, unless with a name.
 */
import { expect, test } from 'vitest';
import { commentsIn, filesOf, linesIn, literalsIn, messagesIn } from '../helpers/source-texts.ts';
import type { Text } from '../helpers/source-texts.ts';

/** Nowhere: not in what knox says, not in a comment, not on a page. */
const NEVER: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bcan not\b/i, 'cannot'],
  [/\bexclude each other\b/i, "can't be combined"],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bwhere wanted\b/i, 'if wanted'],
  [/\bdid not end well\b/i, 'failed'],
  [/\bmore arguments than\b/i, 'too many arguments'],
];

/** Not in what knox says. */
const NOT_SAID: typeof NEVER = [
  ...NEVER,
  [/\banew\b/i, 'again; new'],
  [/\b(?:is|are|was|were|been|be) told\b|\btold of\b/i, 'is notified; is listed'],
  [/(?<!there )\b(?:is|are) no (?!longer\b|more\b|older\b)/i, 'is not a; unknown'],
  [/\bbesides\b/i, 'also; other than'],
  [/\ball the same\b/i, 'anyway'],
  [/\b(?:go|goes|going|gone) on with\b/i, 'continue'],
  [/\bfor want of\b/i, 'without'],
  [/\bput(?:s)? back a copy\b/i, 'restore a copy'],
  [/\blet in\b/i, 'accepted; works'],
  [/\bout of today\b|\bof today\b/i, 'present'],
  [/\btried out\b/i, 'tested'],
  [/\bstands? behind\b/i, 'vouches for'],
  [/\bno terminal to ask on\b/i, 'no terminal to ask for'],
  [/\bpassed over\b/i, 'ignored'],
  [/\bdemonstration\b/i, 'demo'],
  [/\bgo back with\b|\bor go back:/i, 'roll back with'],
  [/\bruns? out by itself\b/i, 'expires'],
  [/\bso many\b/i, 'this many'],
  [/\bnobody (?:is|was) told\b/i, 'no notifications'],
  [/\bas it stands\b|\bstands there\b/i, 'is there'],
  [/\bthat passes:/i, 'this is temporary:'],
  [/\bshall (?:I|knox)\b/i, 'ask in the imperative'],
];

const SOURCES = filesOf('src/**/*.ts');

const SAID = [
  ...SOURCES.flatMap((file) => literalsIn(file)),
  ...filesOf('bin/*.js', 'scripts/man.js', 'examples/**/*.mjs').flatMap((file) => literalsIn(file)),
];

const PAGES = filesOf('*.md', 'docs/**/*.md', 'test/attacks/*.md')
  .flatMap(linesIn)
  // The table of the words that we use names the others too.
  .filter(({ text }) => !text.startsWith('| cannot, fix'));

function foundIn(texts: readonly Text[], words: typeof NEVER): string[] {
  return texts.flatMap(({ place, text }) =>
    words.flatMap(([pattern, instead]) => (pattern.test(text) ? [`${place}: ${text.trim()} -> ${instead}`] : [])),
  );
}

test('what knox says has none of the words that are not ours', () => {
  expect(foundIn(SAID, NOT_SAID)).toEqual([]);
});

test('nor has a comment the worst of them, nor a page', () => {
  expect(
    foundIn(
      SOURCES.flatMap((file) => commentsIn(file)),
      NEVER,
    ),
  ).toEqual([]);
  expect(foundIn(PAGES, NEVER)).toEqual([]);
});

/** Functions that make an error of the words that they are given first; `warn` is given a code before them. */
const BUILDERS = [
  'damagedVault',
  'alteredVault',
  'brokenAudit',
  'systemError',
  'readOnlyError',
  'requirePrompts',
  'warn',
];

const MESSAGES = SOURCES.flatMap((file) => messagesIn(file, BUILDERS));

/** In lower case, a sign, a value that is filled in, a variable or an option; else one of these names. */
const BEGINNING = /^(?:$|[a-z]|…|-|["'`({/.]|\$|KNOX_|Node\.js\b|PostgreSQL\b|JSON\b|[A-Z]{2,}\b)/;

test('an error and a warning begin in lower case, unless with a name', () => {
  expect(MESSAGES.length).toBeGreaterThan(400);
  expect(MESSAGES.filter(({ text }) => !BEGINNING.test(text))).toEqual([]);
});

test('no sentence of an error is written in two places', () => {
  const places = new Map<string, string[]>();
  for (const { place, text } of MESSAGES)
    if (text.replaceAll('…', '').trim().split(/\s+/).length > 3) places.set(text, [...(places.get(text) ?? []), place]);
  expect([...places].filter(([, found]) => found.length > 1)).toEqual([]);
});

test('and it is seen where one has them', () => {
  const source = [
    "errors.usage('It can not be', `or ${x} is told`);",
    "context.warn('code', isOne ? 'Two' : `three`);",
    '// mended',
  ].join('\n');
  expect(literalsIn('a.ts', source).map(({ text }) => text)).toContain('or … is told');
  expect(foundIn(literalsIn('a.ts', source), NOT_SAID)).toEqual([
    'a.ts:1: It can not be -> cannot',
    'a.ts:1: or … is told -> is notified; is listed',
  ]);
  expect(foundIn(commentsIn('a.ts', source), NEVER)).toEqual(['a.ts:3: mended -> fix']);
  expect(messagesIn('a.ts', BUILDERS, source).filter(({ text }) => !BEGINNING.test(text))).toEqual([
    { place: 'a.ts:1', text: 'It can not be' },
    { place: 'a.ts:2', text: 'Two' },
  ]);
});
