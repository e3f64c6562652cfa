/**
 * `node test/interop/freeze-format.ts`: keeps a vault of the format that this knox writes, with its keys, for the tests of every later knox.
 * Run once for each format, before its first release; one that is there is never made again.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FORMATS, newest } from '../../src/store/sqlite/formats.ts';
import { makeByCommands } from './made-by-knox.ts';

const folder = join(import.meta.dirname, `../fixtures/vault-format-${newest(FORMATS).version}`);
if (existsSync(folder)) throw new Error(`${folder} is there already: a released format does not change`);
const { project, file, keyFile, partialKeyFile } = await makeByCommands();
mkdirSync(folder);
writeFileSync(join(folder, 'vault.db.gz'), gzipSync(readFileSync(file), { level: 9 }));
copyFileSync(keyFile, join(folder, 'everything.key'));
copyFileSync(partialKeyFile, join(folder, 'development.key'));
const list = await project.json(['list']);
writeFileSync(join(folder, 'list.json'), `${JSON.stringify(list.json, null, 2)}\n`);
project.remove();
