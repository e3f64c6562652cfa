/**
 * Preloaded with `--require`: counts everything that a run of knox writes (files, commits of the vault, programs it starts) and, at
 * number $KILL_AT, ends the process by SIGKILL, in the middle of a write where it is one. Without it, the count goes to $KILL_COUNT.
 */
'use strict';
const fs = require('node:fs');
const childProcess = require('node:child_process');

const at = Number(process.env.KILL_AT ?? 0);
let count = 0;

/** Whether it is this write's turn. */
function isTurn() {
  count += 1;
  return count === at;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered when the system gets to it: nothing may happen meanwhile.
  for (;;);
}

const real = { ...fs };
const WRITING = [
  'renameSync',
  'chmodSync',
  'chownSync',
  'mkdirSync',
  'unlinkSync',
  'rmSync',
  'fsyncSync',
  'appendFileSync',
];
for (const name of WRITING) {
  fs[name] = (...given) => {
    if (isTurn()) die();
    return real[name](...given);
  };
}
fs.openSync = (path, flags, ...rest) => {
  if (typeof flags === 'string' && /[wa+]/.test(flags) && isTurn()) die();
  return real.openSync(path, flags, ...rest);
};
fs.writeFileSync = (file, data, ...rest) => {
  if (isTurn()) die();
  if (isTurn()) {
    const bytes = Buffer.from(data);
    real.writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)), ...rest);
    die();
  }
  return real.writeFileSync(file, data, ...rest);
};
const { spawn } = childProcess;
childProcess.spawn = (...given) => {
  if (isTurn()) die();
  return spawn(...given);
};

const { dlopen } = process;
process.dlopen = function (target, ...rest) {
  const result = dlopen.call(this, target, ...rest);
  const { Database } = target.exports;
  if (Database !== undefined) {
    const { exec } = Database.prototype;
    Database.prototype.exec = function (sql) {
      if (!sql.startsWith('COMMIT')) return exec.call(this, sql);
      if (isTurn()) die();
      const done = exec.call(this, sql);
      if (isTurn()) die();
      return done;
    };
  }
  return result;
};

process.on('exit', () => {
  if (process.env.KILL_COUNT) real.writeFileSync(process.env.KILL_COUNT, String(count));
});
