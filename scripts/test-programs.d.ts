export type ProgramName =
  | 'aws'
  | 'chromium'
  | 'dbus-daemon'
  | 'docker'
  | 'fish'
  | 'gnome-keyring'
  | 'groff'
  | 'java'
  | 'keyctl'
  | 'kubectl'
  | 'mandoc'
  | 'postgresql'
  | 'python3'
  | 'python3-argon2'
  | 'python3-nacl'
  | 'python3-yaml'
  | 'ssh-keygen'
  | 'systemd-analyze'
  | 'unshare'
  | 'vi'
  | 'zsh';

export declare const PROGRAMS: Readonly<Record<ProgramName, { readonly check: string; readonly package?: string }>>;
