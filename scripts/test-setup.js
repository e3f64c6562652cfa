/**
 * `npm run test:setup`: installs the Debian packages that some tests need and that are not here, with apt-get, as root or through sudo. The
 * one place of this repository that installs anything on the system. Exit 1 where something is still missing: those tests are skipped.
 */
import { spawnSync } from 'node:child_process';
import { PROGRAMS } from './test-programs.js';

const isHere = ({ check }) => spawnSync('sh', ['-c', check], { stdio: 'ignore' }).status === 0;
const missing = () => Object.entries(PROGRAMS).filter(([, program]) => !isHere(program));
const say = (text) => process.stdout.write(`${text}\n`);

function install(packages) {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    say('There is no apt-get here.');
    return;
  }
  const root = process.getuid?.() === 0 ? [] : ['sudo', ...(process.stdin.isTTY ? [] : ['-n'])];
  const apt = (...argv) => {
    const [program, ...rest] = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...argv];
    return spawnSync(program, rest, { stdio: 'inherit', timeout: 600_000 }).status === 0;
  };
  const all = ['install', '-y', '--no-install-recommends', ...packages];
  // Without the lists nothing can be had; with them one package that this release lacks must not keep the others away.
  if (apt(...all) || !apt('update') || apt(...all)) return;
  for (const one of packages) apt('install', '-y', '--no-install-recommends', one);
}

const packages = missing().flatMap(([, { package: name }]) => (name === undefined ? [] : [name]));
if (packages.length > 0) install(packages);
const left = missing();
const named = (list) => list.map(([name]) => name).join(', ');
const failed = left.filter(([, program]) => program.package !== undefined);
const byHand = left.filter(([, program]) => program.package === undefined);
if (byHand.length > 0) say(`Not here, and to be installed by hand where wanted: ${named(byHand)}`);
if (failed.length > 0) say(`Could not be installed: ${named(failed)}`);
if (left.length > 0) say('Tests that need them are skipped.');
else say('Everything that the tests need is here.');
process.exitCode = failed.length === 0 ? 0 : 1;
