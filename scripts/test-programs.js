/**
 * What some tests hold knox against: the shell command that succeeds where it is there, and the Debian package that brings it (none: too much
 * to install for a test, or not in Debian). A name is what a skipped test says that it needs.
 */
const python = (modules) => `python3 -c 'import ${modules}' || /usr/bin/python3 -c 'import ${modules}'`;

export const PROGRAMS = {
  aws: { check: 'aws --version', package: 'awscli' },
  chromium: {
    check: 'chromium --version || chromium-browser --version || google-chrome --version',
    package: 'chromium',
  },
  'dbus-daemon': { check: 'dbus-daemon --version', package: 'dbus-daemon' },
  docker: { check: 'docker --version' },
  fish: { check: 'fish --version', package: 'fish' },
  'gnome-keyring': { check: 'command -v gnome-keyring-daemon', package: 'gnome-keyring' },
  groff: { check: 'groff --version', package: 'groff' },
  java: { check: 'javac -version' },
  keyctl: { check: 'keyctl --version', package: 'keyutils' },
  kubectl: { check: 'kubectl version --client' },
  mandoc: { check: 'command -v mandoc', package: 'mandoc' },
  openssl: { check: 'openssl version', package: 'openssl' },
  postgresql: { check: 'ls /usr/lib/postgresql/*/bin/initdb || initdb --version', package: 'postgresql' },
  python3: { check: python('tomllib'), package: 'python3' },
  'python3-argon2': { check: python('nacl.bindings, argon2.low_level'), package: 'python3-argon2' },
  'python3-nacl': { check: python('nacl.bindings'), package: 'python3-nacl' },
  'python3-yaml': { check: python('yaml, yaml.cyaml'), package: 'python3-yaml' },
  'ssh-keygen': { check: 'command -v ssh-keygen', package: 'openssh-client' },
  'systemd-analyze': { check: 'systemd-analyze --version', package: 'systemd' },
  unshare: { check: 'unshare -pf true' },
  vi: { check: 'command -v vi', package: 'vim-tiny' },
  zsh: { check: 'zsh --version', package: 'zsh' },
};
