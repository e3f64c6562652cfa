/** Preloaded with `--require`: at exit, writes each module and native library that was loaded as JSON to $RECORD_LOADS. */
'use strict';
const { writeFileSync } = require('node:fs');
const { registerHooks } = require('node:module');

const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
const dlopen = process.dlopen.bind(process);
process.dlopen = function (target, file, ...rest) {
  loaded.push(file);
  return dlopen(target, file, ...rest);
};
process.on('exit', () => writeFileSync(process.env.RECORD_LOADS, JSON.stringify(loaded)));
