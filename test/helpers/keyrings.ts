/** Real keyrings for tests: a Secret Service on a D-Bus of its own, and which of them this machine has. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../src/session.ts';
import type { KeyringSurroundings } from '../../src/keyring/keyring.ts';

/** A container may keep the kernel's keyrings away. */
export const HAS_KERNEL_KEYRING = spawnSync('keyctl', ['show', '@u']).status === 0;

export interface PrivateSecretService {
  readonly address: string;
  /** Where it keeps what goes to a disk. */
  readonly folder: string;
  readonly stop: () => void;
}

/** GNOME's, with a login collection that is unlocked. */
export async function startSecretService(): Promise<PrivateSecretService> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-secrets-'));
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    bus.on('error', reject);
    bus.stdout.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
  });
  // Returns once the service is there; it ends with its bus.
  execFileSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], {
    input: 'password of the login collection',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_RUNTIME_DIR: folder,
      DBUS_SESSION_BUS_ADDRESS: address,
    },
  });
  const stop = (): void => {
    bus.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, folder, stop };
}

/** What a keyring is opened with, with these variables alone and nobody to ask. */
export function surroundingsOf(variables: Readonly<Record<string, string>>): KeyringSurroundings {
  return {
    variable: (name) => variables[name] ?? null,
    platform: process.platform,
    uid: process.getuid?.() ?? null,
    now: () => new Date(),
    // Never met, but by a service that hangs.
    patience: { answer: 20_000, person: null },
  };
}

/** What a run of knox needs to have keyrings. */
export function keyringIo(): Partial<Io> {
  return { platform: process.platform, uid: process.getuid?.() };
}
