#!/bin/sh
# Run by npm before `npm test`: installs what some tests compare knox with, where that can be done without asking.
# Nothing here is needed by knox itself, and nothing here fails: a test whose tool is missing says so and is skipped.

# Debian packages, each followed by a command that succeeds where it is there.
needed() {
  echo 'python3-nacl|/usr/bin/python3 -c "import nacl.bindings"'
  echo 'python3-argon2|/usr/bin/python3 -c "import argon2.low_level"'
  echo 'postgresql|ls /usr/lib/postgresql/*/bin/initdb || initdb --version'
  echo 'python3-yaml|python3 -c "import yaml"'
  echo 'awscli|aws --version'
  echo 'chromium|chromium --version'
  echo 'zsh|zsh --version'
  echo 'fish|fish --version'
  echo 'dbus-daemon|dbus-daemon --version'
  echo 'gnome-keyring|gnome-keyring-daemon --version'
  echo 'keyutils|keyctl --version'
}

missing=$(needed | while IFS='|' read -r package check; do
  sh -c "$check" >/dev/null 2>&1 || printf '%s ' "$package"
done)
[ -n "$missing" ] || exit 0

skip() {
  echo "not installed ($1): $missing- tests that need it are skipped"
  exit 0
}

command -v apt-get >/dev/null 2>&1 || skip 'no apt-get'
if [ "$(id -u)" -eq 0 ]; then
  as_root=''
elif sudo -n true 2>/dev/null; then
  as_root='sudo -n'
else
  skip 'not root'
fi

export DEBIAN_FRONTEND=noninteractive
install() {
  # shellcheck disable=SC2086 # both are lists of words
  timeout 300 $as_root apt-get install -y --no-install-recommends $missing >/dev/null 2>&1
}
install || { timeout 120 $as_root apt-get update >/dev/null 2>&1 && install; } || skip 'apt-get could not'
echo "installed: $missing"
