/** A browser for the tests of pages: Debian's Chromium, driven over its own protocol. Nothing is downloaded. */
import { spawnSync } from 'node:child_process';
import { launch } from 'puppeteer-core';
import type { Browser } from 'puppeteer-core';

function chromiumProgram(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    const path = found.stdout.trim();
    if (found.status === 0 && path !== '' && spawnSync(path, ['--version']).status === 0) return path;
  }
  throw new Error('there is no Chromium');
}

export function startChromium(): Promise<Browser> {
  // Root has no sandbox, and a container little memory in /dev/shm.
  const isRoot = process.getuid?.() === 0;
  const args = [...(isRoot ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--disable-gpu'];
  return launch({ executablePath: chromiumProgram(), headless: true, args });
}
