/**
 * What stands there before the first line of a guide in docs/guides: a project with a vault, a provider's fake on loopback, a `gh` that keeps
 * what it is given. Where a guide names a provider's host, the fake is put in.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startService } from '../../src/demo/service.ts';
import type { DemoService } from '../../src/demo/service.ts';
import { COMPILED, ROOT } from './built-program.ts';

export interface GuideScene {
  /** The project's folder. */
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly prelude: readonly string[];
  /** A page as this scene's shell can run it. */
  readonly localized: (page: string) => string;
  readonly close: () => Promise<void>;
}

/** @param program the built program's file */
export async function guideScene(program: string): Promise<GuideScene> {
  const root = mkdtempSync(join(tmpdir(), 'knox-guide-'));
  const folder = join(root, 'shop');
  for (const part of ['bin', 'home', 'shop/node_modules/.bin']) mkdirSync(join(root, part), { recursive: true });
  const script = (file: string, text: string) =>
    writeFileSync(join(root, file), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const knox = `exec "${process.execPath}" --import "${join(ROOT, 'test/helpers/clock.mjs')}" -- "${program}" "$@"`;
  script('bin/knox', knox);
  script('shop/node_modules/.bin/knox', knox);
  script('bin/npm', 'echo "npm $*" >> "$HOME/npm.log"');
  script('bin/gh', 'case $1 in secret) cat > "$HOME/gh-$1-$3";; variable) printf %s "$5" > "$HOME/gh-$1-$3";; esac');
  script('shop/deploy.sh', 'exec cat > "live-$KNOX_ENVIRONMENT.env"');
  writeFileSync(join(root, 'ahead'), '0');
  writeFileSync(join(folder, 'package.json'), '{"private": true, "devDependencies": {"knox-rotate": "0.1.0"}}\n');
  const service = await startService(fetch);
  const keys = {
    old: { staging: service.makeKey('test'), production: service.makeKey('live') },
    fresh: { staging: service.makeKey('test'), production: service.makeKey('live') },
  };
  const page = await startPage(service, Object.values(keys.old));
  writeFileSync(join(folder, 'old-test-key.txt'), `${keys.old.staging}\n`);
  writeFileSync(join(folder, 'old-live-key.txt'), `${keys.old.production}\n`);
  writeFileSync(join(folder, 'new-keys.json'), JSON.stringify(keys.fresh));
  for (const environment of Object.keys(keys.old))
    writeFileSync(join(folder, `${environment}.env`), 'STRIPE_API_KEY={{secret:stripe_api_key}}\nPORT=3000\n');

  const env: Record<string, string> = {
    PATH: [join(root, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: join(root, 'home'),
    CI: '1',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    KNOX_AHEAD_FILE: join(root, 'ahead'),
    KNOX_KEY_FILE: join(root, 'my.key'),
    ...COMPILED,
    // Nobody is there.
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_fetch_retries: '0',
  };
  const setUp = 'git init -q . && knox init --env staging,production --key-file "$KNOX_KEY_FILE"';
  const ran = spawnSync('sh', ['-c', setUp], { cwd: folder, env, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const identity = /knox_vault_1_\S+/.exec(ran.stdout)![0];
  const host = new URL(service.url).host;
  return {
    folder,
    env,
    prelude: [
      `IDENTITY=${identity}`,
      // 49 hours.
      'later() { echo $(($(cat "$KNOX_AHEAD_FILE") + 176400000)) > "$KNOX_AHEAD_FILE"; }',
      `expire() { "${process.execPath}" -e 'fetch(process.argv[1], { method: "POST" })' ${page.url}; }`,
    ],
    localized: (text) =>
      text
        .replaceAll(/(?<=^\$ .*)knox_vault_1_…/gm, '$IDENTITY')
        .replaceAll('https://api.stripe.com/v1/balance', service.url)
        .replaceAll('sent to api.stripe.com', `sent to ${host}`),
    close: async () => {
      await Promise.all([service.close(), page.close()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The provider's page, where a person lets the old keys expire: any POST does. */
async function startPage(service: DemoService, old: readonly string[]) {
  const server = createServer((_request, response) => {
    for (const key of old) service.revoke(key);
    response.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

/** What a `run:` of a workflow sees as `${{ secrets.NAME }}` or `${{ vars.NAME }}`: what `gh` was given before. As text for the shell. */
export function hostValue(expression: string): string {
  const [, context, name] = /^(secrets|vars)\.(\w+)$/.exec(expression) ?? [];
  if (name === undefined) throw new Error(`nobody knows ${expression}`);
  return `$(cat "$HOME/gh-${context === 'secrets' ? 'secret' : 'variable'}-${name}")`;
}
