import { spawn } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeVault, runOnce, script, shell } from '../project.ts';
import type { Row } from '../row.ts';

const ROTATIONS = 100;
const JOBS = 4;
const PROBE_MS = 50;

const SERVICE = `
const server = require('node:http').createServer((request, response) => {
  setTimeout(() => response.writeHead(200).end(), ${PROBE_MS});
});
server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
`;

/** The probes alone, as parallel. */
const probes = (url: string) => `
let left = ${ROTATIONS};
const worker = async () => {
  while (left-- > 0) await (await fetch(${JSON.stringify(url)})).arrayBuffer();
};
Promise.all(Array.from({ length: ${JOBS} }, worker));
`;

export const rotate: Row = {
  name: 'rotate',
  work: `knox rotations continue, ${ROTATIONS} rotations, a probe of ${PROBE_MS} ms each`,
  against: `the probes alone, ${JOBS} at a time`,
  target: 1.5,
  prepare: async (folder) => {
    const { argv, cwd, env } = script(folder, 'service.cjs', SERVICE);
    const service = spawn(argv[0]!, argv.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    process.on('exit', () => service.kill());
    const port = await new Promise<string>((resolve) =>
      service.stdout.once('data', (part: Buffer) => resolve(part.toString())),
    );
    const url = `http://127.0.0.1:${port}/`;
    makeVault(folder, 1);
    const names = Array.from({ length: ROTATIONS }, (_, index) => `key_${index}`);
    writeFileSync(join(folder, 'all.env'), names.map((name) => `${name}=the-old-value-of-${name}\n`).join(''));
    for (const name of names) writeFileSync(join(folder, `${name}.conf`), `k {{secret:${name}}};\n`);
    const steps = [
      'export KNOX_KEY_FILE="$PWD/key"',
      'knox import all.env -e production >/dev/null',
      `for name in ${names.join(' ')}; do`,
      `  knox route add $name.conf -e production --probe ${url} --header "Authorization: {{secret:$name}}" --yes >/dev/null || exit 1`,
      '  knox rotate $name --generate --yes --confirm update-production >/dev/null 2>&1 || exit 1',
      'done',
    ];
    runOnce(shell(folder, steps.join('\n')));
    copyFileSync(join(folder, '.knox/vault.db'), join(folder, 'fresh.db'));
    // Each round begins with the same vault, and a machine that has not seen a newer one.
    const again = 'cp fresh.db .knox/vault.db && rm -rf .local';
    const work = shell(folder, `${again} && knox rotations continue --jobs ${JOBS} --key-file key >/dev/null 2>&1`);
    runOnce(work);
    return { work, against: script(folder, 'probes.cjs', probes(url)) };
  },
};
