/**
 * Builds `dist/`: the program as CommonJS, one file for main and one for each part that is loaded on use.
 * Run by `prepare` (so by `npm ci`, `npm install` and `npm pack`) and by the tests before they start.
 *
 * Policy: what a bundled package costs at start is taken out here, at build time, by changing the package's text; a text that
 * no longer looks as expected fails the build. The folder is replaced as a whole, and left alone where nothing changed, so that
 * a program that is running, or a second build at the same time, never meets a half-written one.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manPage } from './man.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const MAIN = join(ROOT, 'src/main.ts');

/** Left as packages: only what shows something to a person needs them, and `inquirer` and `chalk` exist as ES modules only. */
const EXTERNAL = ['inquirer', 'chalk', 'cli-table3', '@lydell/node-pty', 'pg', '@napi-rs/keyring'];

/** Each bundled package in a file that bears its name: whoever asks what a command has loaded can see it. */
const OWN_FILES = [
  { name: 'runtime', test: /rolldown[:/\\]runtime/ },
  { name: 'libsodium', test: /node_modules[\\/]libsodium/ },
  { name: 'better-sqlite3', test: /node_modules[\\/]better-sqlite3[\\/]/ },
  { name: 'commander', test: /node_modules[\\/]commander[\\/]/ },
  // The table of providers is asked for values and names only: not by a `get`.
  { name: 'providers', test: /[\\/]src[\\/]domain[\\/](provider|describe-value|literal-credential)/ },
  // Small rules that most commands use: one file costs less to load than ten. The others stay with whoever uses them.
  { name: 'domain', test: /[\\/]src[\\/](domain[\\/]|errors\.ts$)/, minShareCount: 4 },
  // Completing a word reads a vault without what checks it: it loads this one and not the next.
  { name: 'store', test: /[\\/]src[\\/]store[\\/]/ },
  // The same for what opens a vault and reads and changes its records, whichever command asks: a file each costs a `get` more than one of all.
  {
    name: 'core',
    test: /[\\/]src[\\/](vault[\\/](records|documents|log|core|opening|trust(?![\\/]identity-memory))|crypto(?![\\/](passphrase|use-line)))[\\/]/,
  },
];

const WASM_FILE = 'libsodium.wasm';

/** The decoder as a function, called at once on the one long string. Names are the minifier's, so they are left open. */
const SODIUM_DECODER = /\(\w+=>\{for\([^\n]{1,400}?return \w+\}\)\("([A-Za-z0-9+/]+={0,2})"\)/g;

/**
 * libsodium carries its WebAssembly as base64 in its text, and decodes it in JavaScript at every start: ten milliseconds. Node's
 * own decoder would leave the four that the long string costs; a file of bytes beside the code costs one.
 * @param {string} code the text of libsodium's ES module
 * @returns {{ code: string, wasm: Buffer }} the same text reading WASM_FILE; throws where there is not exactly one decoder
 */
export function takeOutWasm(code) {
  const found = [...code.matchAll(SODIUM_DECODER)];
  if (found.length !== 1) throw new Error(`libsodium: expected one base64 decoder in its text, found ${found.length}`);
  const wasm = Buffer.from(found[0][1], 'base64');
  if (!WebAssembly.validate(wasm)) throw new Error('libsodium: what its decoder is given is no WebAssembly');
  return {
    code: code.replace(SODIUM_DECODER, () => `require("node:fs").readFileSync(__dirname+"/${WASM_FILE}")`),
    wasm,
  };
}

/**
 * libsodium takes its random numbers from `globalThis.crypto`, which Node makes on first use: ten milliseconds. It is given the same
 * function over the same source of the system (src/crypto/system-random.ts).
 * @param {string} code the text of libsodium-wrappers' ES module
 */
export function giveSystemRandom(code) {
  const found = code.split('globalThis.crypto').length - 1;
  if (found !== 4) throw new Error(`libsodium: expected its random source in four places, found ${found}`);
  const file = JSON.stringify(join(ROOT, 'src/crypto/system-random.ts'));
  return `import * as systemRandom from ${file};\n${code.replaceAll('globalThis.crypto', () => 'systemRandom')}`;
}

/**
 * better-sqlite3's JavaScript goes into the bundle (nine small files are slow to find and read), its binary stays where the
 * package is. Its loader looks beside itself, so it is told where that is.
 * @param {string} code the text of better-sqlite3's lib/binding.js
 */
export function locateBinary(code) {
  const isKnown = code.includes("path.join(__dirname, '..', 'prebuilds'");
  if (!isKnown) throw new Error('better-sqlite3: its loader has changed');
  return code.replaceAll('__dirname', () => 'path.dirname(require.resolve("better-sqlite3"))');
}

/**
 * commander can run commands that are programs of their own, and loads Node's child_process for it at start: eight milliseconds. knox
 * has none, so it is loaded by the call that never comes.
 * @param {string} code the text of commander's lib/command.js
 */
function deferChildProcess(code) {
  const line = "import childProcess from 'node:child_process';";
  if (!code.includes(line)) throw new Error('commander: its import of child_process has changed');
  const lazy =
    "const childProcess = { spawn: (...given) => process.getBuiltinModule('node:child_process').spawn(...given) };";
  return code.replace(line, () => lazy);
}

function rewrite(name, filter, change) {
  let seen = 0;
  return {
    name,
    transform: {
      filter: { id: filter },
      handler: (code) => {
        seen += 1;
        return { code: change(code), map: null };
      },
    },
    seen: () => seen,
  };
}

/** The licence texts of all packages that went into the bundle, each once. */
function licences(chunks) {
  /** @type {Set<string>} */
  const folders = new Set();
  for (const id of chunks.flatMap((chunk) => chunk.moduleIds)) {
    const inside = id.match(/^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/);
    if (inside) folders.add(inside[0]);
  }
  const texts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `Packages bundled in this folder, and their licences.\n\n${texts.join('\n----\n\n')}`;
}

/** The manual page. Node reads the table as it stands in the source. */
async function manual() {
  const { COMMANDS } = await import('../src/command-table.ts');
  const { GLOBAL_OPTIONS } = await import('../src/program.ts');
  const { shownOption, shownTasks } = await import('../src/command-line/help.ts');
  const { EXITS: exits } = await import('../src/domain/reference/errors.ts');
  const { VARIABLES: variables } = await import('../src/domain/reference/variables.ts');
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return manPage(shownTasks(COMMANDS), GLOBAL_OPTIONS.map(shownOption), about, { exits, variables });
}

/**
 * @param {{ entry?: string, out?: string }} options the module that exports `main` and `run`; the folder to make
 * @returns {Promise<{ files: string[], changed: boolean }>} the names in `out`, and whether anything differed from before
 */
export async function build({ entry = MAIN, out = join(ROOT, 'dist') } = {}) {
  const { rolldown } = await import('rolldown');
  const files = new Map();
  const rewrites = [
    rewrite('libsodium-wasm', /[\\/]libsodium[\\/].*\.mjs$/, (text) => {
      const { code, wasm } = takeOutWasm(text);
      files.set(WASM_FILE, wasm);
      return code;
    }),
    rewrite('libsodium-random', /[\\/]libsodium-wrappers[\\/].*\.mjs$/, giveSystemRandom),
    rewrite('commander-children', /[\\/]commander[\\/]lib[\\/]command\.js$/, deferChildProcess),
    rewrite('sqlite-binary', /[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/, locateBinary),
  ];
  const problems = [];
  const bundle = await rolldown({
    input: { main: entry },
    platform: 'node',
    external: EXTERNAL,
    // The ES module build of libsodium, also where the importer becomes CommonJS: it is a third of the other one.
    resolve: { conditionNames: ['import', 'node', 'default'] },
    plugins: rewrites.map(({ name, transform }) => ({ name, transform })),
    onLog: (level, log) => {
      if (level === 'warn') problems.push(`${log.code}: ${log.message}`);
    },
  });
  let output;
  try {
    ({ output } = await bundle.generate({
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      codeSplitting: { groups: OWN_FILES },
    }));
  } finally {
    await bundle.close();
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const ids = output.flatMap((chunk) => chunk.moduleIds);
  for (const { name, transform, seen } of rewrites) {
    const wanted = ids.filter((id) => transform.filter.id.test(id)).length;
    if (seen() < wanted) throw new Error(`${name}: a module went into the bundle unchanged`);
  }
  for (const chunk of output) files.set(chunk.fileName, Buffer.from(chunk.code));
  files.set('licences.txt', Buffer.from(licences(output)));
  if (entry === MAIN) files.set('knox.1', Buffer.from(await manual()));
  return { files: [...files.keys()], changed: replaceFolder(out, files) };
}

function holdsExactly(folder, files) {
  try {
    const present = readdirSync(folder);
    if (present.length !== files.size) return false;
    return present.every((name) => files.get(name)?.equals(readFileSync(join(folder, name))));
  } catch (error) {
    // Never built, or put away by another build while this one compares.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function replaceFolder(folder, files) {
  if (holdsExactly(folder, files)) return false;
  const fresh = `${folder}.new-${process.pid}`;
  const former = `${folder}.old-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    for (const [name, bytes] of files) writeFileSync(join(fresh, name), bytes);
    for (let isPlaced = false; !isPlaced;) {
      try {
        renameSync(folder, former);
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
      try {
        renameSync(fresh, folder);
        isPlaced = true;
      } catch (error) {
        // Another build put its folder there in between: take that one away too.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      }
      rmSync(former, { recursive: true, force: true });
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(former, { recursive: true, force: true });
  }
  return true;
}

function isMissingBundler(error) {
  return error.code === 'ERR_MODULE_NOT_FOUND' && /rolldown/.test(error.message);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [entry, out] = process.argv.slice(2).map((path) => resolve(path));
  try {
    const start = performance.now();
    const { files, changed } = await build({ ...(entry && { entry }), ...(out && { out }) });
    const took = Math.round(performance.now() - start);
    console.log(`${changed ? 'built' : 'unchanged:'} ${out ?? 'dist'}, ${files.length} files, ${took} ms`);
  } catch (error) {
    // An install without development packages: what was built before is all there is to have.
    const canStay = isMissingBundler(error) && existsSync(join(ROOT, 'dist/main.cjs'));
    console.error(canStay ? 'not built again: rolldown is not installed' : `the build failed: ${error.message}`);
    process.exitCode = canStay ? 0 : 1;
  }
}
