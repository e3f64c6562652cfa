/**
 * Preloaded with `--require`: counts everything that a run of knox writes (files, commits of the vault, programs it starts) and, at
 * number $KILL_AT, ends the process by SIGKILL, in the middle of a write where it is one. Without it, the count goes to $KILL_COUNT.
 * With $KILL_STATEMENTS each statement that writes into the vault counts as well; the number of the last one follows the count. With $KILL_PAGE=FILE:NUMBER it ends in the middle of
 * SQLite's commit: as soon as that page of the file is another one.
 */
'use strict';
const fs = require('node:fs');
const childProcess = require('node:child_process');

const at = Number(process.env.KILL_AT ?? 0);
let count = 0;
/** Of the statements that write into the vault. */
let lastStatement = 0;
let isWritten = false;

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
  'linkSync',
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
    try {
      real.writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)), ...rest);
    } finally {
      // Also where there is no folder for it.
      die();
    }
  }
  return real.writeFileSync(file, data, ...rest);
};
const { spawn } = childProcess;
childProcess.spawn = (...given) => {
  if (isTurn()) die();
  return spawn(...given);
};

const dlopen = process.dlopen.bind(process);
process.dlopen = function (target, ...rest) {
  const result = dlopen(target, ...rest);
  const { Database, Statement } = target.exports;
  if (Database !== undefined) {
    const { run } = Statement.prototype;
    Statement.prototype.run = function (...given) {
      if (process.env.KILL_STATEMENTS && isTurn()) die();
      lastStatement = count;
      isWritten = true;
      return run.apply(this, given);
    };
    const { exec } = Database.prototype;
    Database.prototype.exec = function (sql) {
      if (!sql.startsWith('COMMIT')) return exec.call(this, sql);
      if (isWritten && process.env.KILL_PAGE) watchPage(process.env.KILL_PAGE);
      if (isTurn()) die();
      const done = exec.call(this, sql);
      if (isTurn()) die();
      return done;
    };
  }
  return result;
};

const WATCHING = `
  const { workerData: { file, offset, ready } } = require('node:worker_threads');
  const fs = require('node:fs');
  // It stays open: closing it would let go of SQLite's locks on the same file.
  const descriptor = fs.openSync(file, 'r');
  const [before, now] = [Buffer.alloc(4096), Buffer.alloc(4096)];
  fs.readSync(descriptor, before, 0, 4096, offset);
  Atomics.store(ready, 0, 1);
  Atomics.notify(ready, 0);
  do fs.readSync(descriptor, now, 0, 4096, offset); while (now.equals(before));
  process.kill(process.pid, 'SIGKILL');
`;

/** The commit runs in this thread, and blocks it: another one looks on. */
function watchPage(text) {
  const { Worker } = require('node:worker_threads');
  const [, file, number] = /^(.*):(\d+)$/.exec(text);
  const ready = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WATCHING, {
    eval: true,
    workerData: { file, offset: (Number(number) - 1) * 4096, ready },
  });
  worker.unref();
  Atomics.wait(ready, 0, 0);
}

process.on('exit', () => {
  if (process.env.KILL_COUNT) real.writeFileSync(process.env.KILL_COUNT, `${count} ${lastStatement}`);
});
