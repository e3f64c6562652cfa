/** Shells that source a file, and the client of Docker. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from './reader.ts';
import type { ReadBack, Reader } from './reader.ts';

/** One shell a batch: each document is a file, sourced in a child of its own. */
function shell(program: 'sh' | 'bash'): Reader {
  return {
    name: program,
    missing: () => null,
    read: async (documents) => {
      const folder = mkdtempSync(join(tmpdir(), 'knox-readers-'));
      try {
        for (const [index, { text, names }] of documents.entries()) {
          const print = names.map((name) => `"$${name}"`).join(' ');
          writeFileSync(join(folder, `f${index}`), `${text}\nprintf '%s\\0' ${print}\n`);
        }
        const loop = `i=0; while [ $i -lt ${documents.length} ]; do ( . ./f$i ) >o$i 2>e$i; echo $? >s$i; i=$((i+1)); done`;
        const ended = spawnSync(program, ['-c', loop], { cwd: folder, env: {}, encoding: 'utf8' });
        if (ended.status !== 0) throw new Error(`${program}: ${ended.stderr}`);
        return documents.map(({ names }, index): ReadBack => {
          const said = readFileSync(join(folder, `e${index}`), 'utf8');
          const status = readFileSync(join(folder, `s${index}`), 'utf8').trim();
          if (status !== '0' || said !== '') return { error: `exit ${status}: ${said}` };
          const values = readFileSync(join(folder, `o${index}`), 'utf8').split('\0');
          return { value: Object.fromEntries(names.map((name, at) => [name, values[at]!])) };
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

export const SH = shell('sh');
export const BASH = shell('bash');

/**
 * `docker create --env-file`, as its client reads the file: a server on loopback stands where the engine would be and keeps what it is
 * sent. All documents are one file, since a client takes its time to start; their names are made to differ.
 */
export const DOCKER: Reader = {
  name: 'docker create --env-file',
  missing: needs('docker'),
  read: async (documents) => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-readers-'));
    let sent: string[] | null = null;
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.setHeader('Api-Version', '1.43').setHeader('Content-Type', 'application/json');
        if (request.url?.includes('/containers/create')) {
          sent = (JSON.parse(Buffer.concat(parts).toString()) as { Env: string[] }).Env;
          response.statusCode = 201;
          response.end('{"Id":"abc","Warnings":[]}');
        } else response.end('{}');
      });
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const text = documents.map((document, index) => document.text.replaceAll(/^(?=k\d=)/gm, `d${index}_`)).join('');
      writeFileSync(join(folder, 'a.env'), text);
      const client = spawn('docker', ['create', '--env-file', 'a.env', 'image'], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      client.stderr.on('data', (part: Buffer) => (said += part.toString()));
      await new Promise((resolve) => client.on('close', resolve));
      if (sent === null) return documents.map(() => ({ error: said }));
      const found = new Map<string, Record<string, string>>();
      for (const variable of sent as string[]) {
        const [, index, name, value] = /^d(\d+)_([^=]*)=([^]*)$/.exec(variable) ?? [];
        if (index !== undefined) found.set(index, { ...found.get(index), [name!]: value! });
      }
      return documents.map((_document, index) => ({ value: found.get(String(index)) ?? {} }));
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  },
};
