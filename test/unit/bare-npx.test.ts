/**
 * The package of knox is `knox-rotate`; the one called `knox` is somebody else's. So nothing that is copied from here may run it: npx gets
 * `--no-install`, or `-p knox-rotate`.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../helpers/built-program.ts';

const PLACES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs',
  'examples',
  'src',
  'bin',
  'scripts',
];
/** The one command that begins in a fresh checkout, right after the package was installed from it. */
const IN_THE_CHECKOUT = 'npm ci && npx knox demo';
/** npx, npm exec and the like, with the words up to knox: none of them may be missing that says which package. */
const STRANGER =
  /\b(?:npx|npm (?:exec|x)|pnpm dlx|yarn dlx|bunx)\b(?![^\n`]*(?:--no-install|(?:-p|--package)[ =]\S*knox-rotate))[^\n`]*?\bknox\b(?!-)/;

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => (name === 'node_modules' ? [] : filesIn(join(path, name))));
}

function strangers(text: string): string[] {
  return text
    .replaceAll(IN_THE_CHECKOUT, '')
    .split('\n')
    .filter((line) => STRANGER.test(line));
}

test('no document, example or text of the source runs a package called knox', () => {
  const files = PLACES.flatMap((place) => filesIn(join(ROOT, place)));
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => strangers(readFileSync(file, 'utf8')).map((line) => `${file}: ${line}`))).toEqual([]);
});

test('installing a package called knox is in none of them either', () => {
  const files = PLACES.flatMap((place) => filesIn(join(ROOT, place)));
  const installs = /\bnpm (?:install|i|add)\b[^\n`]*\sknox(?![-\w/.])/;
  expect(files.filter((file) => installs.test(readFileSync(file, 'utf8')))).toEqual([]);
  expect('npm install -g knox').toMatch(installs);
});

test.each([
  'npx knox check',
  '- run: npx -y knox check',
  'npm exec knox -- list',
  'npx --yes knox@1 list',
  'npx -p knox knox list',
])('it sees %s', (line) => expect(strangers(line)).toEqual([line]));

test.each([
  'npx --no-install knox check',
  'npx -p knox-rotate@0.1.0 knox check',
  'npx --package=knox-rotate knox check',
  'npx knox-rotate check',
  'npm ci && npx knox demo',
])('it lets %s be', (line) => expect(strangers(line)).toEqual([]));
