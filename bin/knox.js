#!/usr/bin/env -S node --
/*
 * The way in: sees to it that Node is new enough, answers `--version`, turns the compile cache on, loads the built program.
 *
 * Policy: this file is read by whatever Node is there, so it is CommonJS in the oldest syntax (bin/package.json says so), and
 * nothing but Node's own modules is loaded before the version is known to do: on an old Node, better-sqlite3's import ends the
 * process without a word. On an old Node, a new one that is installed beside knox (the package `node`) takes over.
 *
 * Node looks for options of its own behind a script's name too, up to `--`: with `--env-file` it would take NODE_OPTIONS out of a
 * file that is meant for the child of `knox run`, and run code from it where the vault's key is. So Node is started as `node -- FILE`
 * everywhere (docs/adr/0006-node-reads-nothing.md); where somebody did not, knox says so and goes no further.
 */
'use strict';

var fs = require('fs');
var path = require('path');

var FLOOR = [24, 7];
/** Set for the Node that takes over, so that it ends when the one that started it is killed. */
var TAKEN_OVER = 'KNOX_TAKEN_OVER';

function isNewEnough(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  return major > FLOOR[0] || (major === FLOOR[0] && Number(parts[1]) >= FLOOR[1]);
}

function tell(line) {
  try {
    fs.writeSync(2, line + '\n');
  } catch (error) {
    // Nobody listens; the exit status still tells.
  }
}

function fail(message) {
  tell('error: ' + message);
  process.exitCode = 1;
}

/** A wrong way of starting knox, told as the program tells its errors. */
function refuse(words, message, hint) {
  var error = { code: 'usage', message: message, hints: [hint] };
  tell(words.indexOf('--json') === -1 ? 'error: ' + message + '\nhint: ' + hint : JSON.stringify({ error: error }));
  process.exitCode = words.indexOf('run') === -1 ? 2 : 125;
}

/** Whether Node has already acted on something of this command line, or lost it; if so it is told. */
function isRefused() {
  var all = process.argv.slice(2);
  var words = all.indexOf('--') === -1 ? all : all.slice(0, all.indexOf('--'));
  var config = all.find(function (word) {
    return /^--experimental-(default-)?config-file/.test(word);
  });
  if (config !== undefined) {
    var hint = "put the command in a script, or in one word: sh -c 'node " + config.split('=')[0] + " …'";
    refuse(words, 'Node takes ' + config.split('=')[0] + ' for itself, wherever it stands', hint);
    return true;
  }
  var file = wasReadByNode(words) ? takenByNode(words) : null;
  if (file === null) return false;
  refuse(
    words,
    'Node itself has read --env-file ' + JSON.stringify(file) + ' before knox started',
    'start knox as: knox …, or node -- FILE …',
  );
  return true;
}

/** Whether this was started as `node FILE` and not `node -- FILE`. The system knows the whole command line; where it does not say, no. */
function wasReadByNode(words) {
  if (!words.some(isEnvFileOption)) return false;
  try {
    var line = fs.readFileSync('/proc/self/cmdline', 'latin1').split('\0');
    return line.slice(0, -1 - process.argv.slice(2).length).indexOf('--') === -1;
  } catch (error) {
    return false;
  }
}

function isEnvFileOption(word) {
  return /^--env-file(-if-exists)?(=|$)/.test(word);
}

/** The first file that cannot be read again, or that sets Node's own options; else null. */
function takenByNode(words) {
  for (var at = 0; at < words.length; at++) {
    if (!isEnvFileOption(words[at])) continue;
    var sign = words[at].indexOf('=');
    var file = sign === -1 ? words[at + 1] : words[at].slice(sign + 1);
    try {
      if (!fs.statSync(file).isFile() || fs.readFileSync(file, 'latin1').indexOf('NODE_OPTIONS') !== -1) return file;
    } catch (error) {
      // The program tells what is wrong with it.
    }
  }
  return null;
}

/** The path of the package `node`'s program beside knox, where there is one that is new enough; else null. */
function findNewerNode() {
  try {
    var manifest = require.resolve('node/package.json');
    if (!isNewEnough(require(manifest).version)) return null;
    var program = path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return fs.existsSync(program) ? program : null;
  } catch (error) {
    return null;
  }
}

/**
 * Runs this file again under another Node and ends as that one does. A key pressed on a terminal reaches both processes, so only
 * what is sent to this one alone is passed on. The channel is there to be closed: by this process's end, however it comes.
 */
function handOver(program) {
  var env = Object.assign({}, process.env);
  env[TAKEN_OVER] = '1';
  var child = require('child_process').spawn(program, ['--', __filename].concat(process.argv.slice(2)), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: env,
  });
  var isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      if (signal === 'SIGTERM' || !isTerminal) child.kill(signal);
    });
  });
  child.on('error', function (error) {
    fail('knox could not start ' + program + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function endWithParent() {
  delete process.env[TAKEN_OVER];
  if (!process.channel) return;
  process.on('disconnect', function () {
    process.kill(process.pid, 'SIGKILL');
  });
  process.channel.unref();
}

function printVersion() {
  try {
    fs.writeSync(1, require('../package.json').version + '\n');
  } catch (error) {
    if (error.code === 'EPIPE') return;
    fail('cannot write to standard output: ' + error.message);
  }
}

/**
 * Node's own place for the cache is a folder in the shared temporary one, where another user can be first and put code there
 * that knox would run. So it is a private one, or none. It holds compiled program text, never data.
 */
function turnOnCompileCache() {
  var enable = require('module').enableCompileCache;
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  var base = process.platform === 'win32' ? process.env.LOCALAPPDATA : process.env.XDG_CACHE_HOME;
  var home = process.env.HOME;
  if (!base && home) base = path.join(home, '.cache');
  if (!base || !path.isAbsolute(base)) return;
  try {
    var folder = path.join(base, 'knox');
    if (process.getuid && !isOurs(fs.existsSync(base) ? base : home)) return;
    fs.mkdirSync(folder, { recursive: true, mode: 448 });
    if (process.getuid && !isOurs(folder)) return;
    enable(folder);
  } catch (error) {
    // No place to write: knox starts a few milliseconds later, and is otherwise the same.
  }
}

function isOurs(folder) {
  var stat = fs.statSync(folder);
  return stat.uid === process.getuid() && (stat.mode & 18) === 0;
}

function start() {
  if (process.env[TAKEN_OVER]) endWithParent();
  var only = process.argv.length === 3 ? process.argv[2] : '';
  if (only === '--version' || only === '-V') return printVersion();
  turnOnCompileCache();
  var program = path.join(__dirname, '..', 'dist', 'main.cjs');
  if (!fs.existsSync(program)) return fail('knox is not built yet: run npm ci, or npm run build');
  return require(program).main();
}

function startElsewhere() {
  var newer = process.env[TAKEN_OVER] ? null : findNewerNode();
  if (newer) return handOver(newer);
  var needs = 'knox needs Node.js ' + FLOOR.join('.') + ' or newer and this is ' + process.versions.node;
  return fail(needs + '; install it, or run: npx -p node@24 -p knox-rotate knox …');
}

if (!isRefused()) {
  if (isNewEnough(process.versions.node)) start();
  else startElsewhere();
}
