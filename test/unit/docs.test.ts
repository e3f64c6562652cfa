/** What the documentation tells people to type and to copy is what knox, systemd, cron and YAML understand. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../src/program.ts';
import { ROOT } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';

const DOCS = resolve(ROOT, 'docs');
const pages = ['', 'guides/', 'reference/'].flatMap((folder) =>
  readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`),
);
const textOf = (page: string) => readFileSync(join(DOCS, page), 'utf8');

/** Code blocks of a language. */
function blocks(page: string, language: string): string[] {
  return [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text!);
}

/** `knox …` in code, in a block of commands, or indented; as words of a shell. */
function commandsIn(page: string): string[][] {
  const text = textOf(page);
  const found = [
    ...[...text.matchAll(/`knox ([^`\n]+)`/g)].map(([, words]) => words!),
    ...[...text.matchAll(/^ {4}knox (.+)$/gm)].map(([, words]) => words!.replace(/ {3,}.*/, '')),
    ...[...text.matchAll(/(?:env|--no-install|key) knox ([a-z][^\n]*)$/gm)].map(([, words]) => words!),
  ];
  return found.map((words) =>
    words
      .replaceAll(/\[[^\]]*\]|…| > \S+$/g, '')
      .match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)!
      .map((word) => word.replaceAll(/['"]/g, ''))
      // One of the words that are taken there.
      .map((word) => (word === 'KIND' ? 'config' : word)),
  );
}

const io = { stdout: { write: () => true } as never, now: () => new Date('2026-01-10T12:00:00.000Z') };

test.each(pages.filter((page) => !['commands.md', 'reference/json.md'].includes(page)))(
  'every command in docs/%s is one that knox has',
  async (page) => {
    for (const words of commandsIn(page)) {
      const parsed = await parseArguments(words, io).catch((error: unknown) => ({ error: String(error) }));
      expect([page, words.join(' '), parsed]).toEqual([
        page,
        words.join(' '),
        expect.not.objectContaining({ error: expect.anything() }),
      ]);
    }
  },
);

test('the search finds commands, and a wrong one is found', async () => {
  expect(pages.flatMap(commandsIn).length).toBeGreaterThan(20);
  await expect(parseArguments(['rotate', 'x', '--faster'], io)).rejects.toThrow('--faster');
});

describe.each([
  {
    page: 'automation.md',
    yaml: ['npx --no-install knox rotations continue', 'npx --no-install knox rotations continue'],
    cron: 2,
  },
  { page: 'keeping.md', yaml: ['npx --no-install knox render'], cron: 1 },
])('docs/$page', ({ page, yaml, cron }) => {
  test('its YAML is YAML, and its jobs run knox', () => {
    const files = blocks(page, 'yaml').map((text) => JSON.stringify(parse(text)));
    expect(files).toEqual(yaml.map((command) => expect.stringContaining(command)));
  });

  test('its lines for cron have five fields that cron takes, and a command', () => {
    const lines = blocks(page, 'cron')[0]!.trim().split('\n');
    expect(lines).toHaveLength(cron);
    const field = '(?:\\*|\\d+(?:-\\d+)?(?:,\\d+(?:-\\d+)?)*)(?:/\\d+)?';
    // A % would be a line end there.
    for (const line of lines) expect(line).toMatch(new RegExp(`^(?:${field} ){5}(?:cd /\\S+ && |KNOX_)[^%]+$`));
  });

  testNeeding(['systemd-analyze'], 'its units are units of systemd', () => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-units-'));
    try {
      const [service, timer] = blocks(page, 'ini') as [string, string];
      writeFileSync(join(folder, 'knox.service'), service.replace(/^User=.*$/m, 'User=root'));
      writeFileSync(join(folder, 'knox.timer'), timer);
      const files = ['knox.service', 'knox.timer'].map((name) => join(folder, name));
      const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
      // What the machine itself lacks is said of other units.
      expect(verified.stderr.split('\n').filter((line) => line.includes('knox'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('each attack has a file, and each file is listed', () => {
  const folder = join(ROOT, 'test/attacks');
  const listed = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, name]) => name!,
  );
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  expect(listed.toSorted()).toEqual(files.toSorted());
});

/** Every page that people read, from the checkout's folder. */
const everywhere = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...pages.map((page) => `docs/${page}`),
  ...readdirSync(join(DOCS, 'adr')).map((page) => `docs/adr/${page}`),
  'test/attacks/README.md',
];

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');

/** Links of a page that lead nowhere: no such file, or no such heading. */
function deadLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    if (link.startsWith('https:')) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
    if (!existsSync(file)) return true;
    if (anchor === undefined) return false;
    const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));
    return !headings.includes(anchor);
  });
}

test.each(everywhere)('every link of %s leads somewhere', (page) => {
  expect(deadLinks(page, readFileSync(join(ROOT, page), 'utf8'))).toEqual([]);
});

test('a link to no file, or to no heading, is found', () => {
  const text = '[a](docs/nothing.md) [b](docs/keys.md#nothing) [c](docs/keys.md#keys) [d](#install)';
  expect(deadLinks('README.md', text)).toEqual(['docs/nothing.md', 'docs/keys.md#nothing']);
});

test('the index names every page', () => {
  const index = textOf('README.md');
  const missing = pages.filter((page) => page !== 'README.md' && !index.includes(`](${page}`));
  expect(missing).toEqual([]);
});

test('the list of decisions names every one', () => {
  const list = textOf('architecture.md');
  expect(readdirSync(join(DOCS, 'adr')).filter((page) => !list.includes(`](adr/${page})`))).toEqual([]);
});

describe('CONTRIBUTING.md', () => {
  const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');

  test('every file and folder that it names is there', () => {
    const named = [...page.matchAll(/`((?:src|test|scripts|docs|examples)(?:\/[\w.*-]+)*\/?)/g)].map(
      ([, path]) => path!,
    );
    expect(named.length).toBeGreaterThan(50);
    // A word in capitals is the reader's choice.
    const missing = named.filter((path) => globSync(path.replaceAll(/\b[A-Z]+\b/g, '*'), { cwd: ROOT }).length === 0);
    expect(missing).toEqual([]);
    expect(globSync('src/nothing-*.ts', { cwd: ROOT })).toEqual([]);
  });

  test('every room has its tests', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const table = page.slice(page.indexOf('| room |'));
    expect(rooms.map(({ name }) => name).filter((name) => !table.includes(`\`src/${name}\``))).toEqual([]);
  });
});
