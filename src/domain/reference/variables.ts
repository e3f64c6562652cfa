/**
 * Every variable of the environment that knox reads, and what it does: whoever reads one names it from here, so that none is missing. Read by
 * docs/reference and the manual page. Only its type is needed to run.
 */

interface VariableMeaning {
  readonly means: string;
  /** What it takes. */
  readonly takes: string;
}

export const VARIABLES = {
  KNOX_VAULT: { means: 'the vault, as --vault names it', takes: 'a file' },
  KNOX_KEY_FILE: { means: 'the key file, as --key-file names it', takes: 'a file' },
  KNOX_KEY: { means: 'the key itself, where there is no file for it', takes: 'the text of a key file' },
  KNOX_KEY_COMMAND: { means: 'a command that prints the key', takes: 'a command, run by sh -c' },
  KNOX_TRUST: { means: 'the vault that is trusted where this machine has not seen it before', takes: 'its identity' },
  KNOX_TRUST_COMMANDS: {
    means: 'keys whose commands and addresses run without being asked about',
    takes: 'ids or labels of keys, comma-separated',
  },
  KNOX_HEAD: {
    means: 'an entry that the log must hold: a vault that lacks it was turned back',
    takes: 'N:HASH, as audit verify prints it',
  },
  KNOX_REQUIRE_AUDIT: { means: 'give out no value whose use cannot be recorded', takes: '1' },
  KNOX_REQUIRE_FRESH: {
    means: 'give out no value of a vault that is older than this machine has seen it',
    takes: '1',
  },
  KNOX_USE_LOG: {
    means: 'where uses are written down instead of in the vault, as --use-log names it',
    takes: 'a file',
  },
  KNOX_WEBHOOK: { means: 'an address that is notified of everything', takes: 'a URL, which is a secret itself' },
  KNOX_ACCESSIBLE: {
    means: 'everything is plain text, written once from top to bottom: for a screen reader',
    takes: '1; 0, false and no count as not set',
  },
  CI: { means: 'no colours, and nobody is asked anything', takes: 'anything' },
  NO_COLOR: { means: 'no colours', takes: 'anything' },
  TERM: { means: 'linux and dumb: no signs but ASCII; dumb: as KNOX_ACCESSIBLE', takes: 'the kind of terminal' },
  LC_ALL: { means: 'whether signs beyond ASCII can be shown', takes: 'a locale' },
  LC_CTYPE: { means: 'as LC_ALL, where that is not set', takes: 'a locale' },
  LANG: { means: 'as LC_CTYPE, where that is not set', takes: 'a locale' },
  HOME: { means: 'the folder with .local/state/knox, where this machine keeps what it remembers', takes: 'a folder' },
  XDG_STATE_HOME: {
    means: 'the folder with knox, where this machine keeps what it remembers; goes before HOME',
    takes: 'an absolute path',
  },
  XDG_RUNTIME_DIR: { means: 'where files in memory and the session bus are looked for', takes: 'an absolute path' },
  DBUS_SESSION_BUS_ADDRESS: { means: 'the session bus, where the keyring answers', takes: 'an address of D-Bus' },
  PATH: { means: 'where programs are found', takes: 'folders' },
} as const satisfies Record<string, VariableMeaning>;

/** The name of one that knox reads. */
export type Variable = keyof typeof VARIABLES;

/** Variables that bin/knox.js reads before anything of the source is loaded. */
export const LAUNCH_VARIABLES = {
  XDG_CACHE_HOME: {
    means: 'the folder with knox, where its compiled program is cached; without it .cache in HOME',
    takes: 'an absolute path',
  },
  LOCALAPPDATA: { means: 'as XDG_CACHE_HOME, on Windows', takes: 'an absolute path' },
  NODE_COMPILE_CACHE: { means: "Node's own cache, in place of that of knox", takes: 'a folder' },
  NODE_DISABLE_COMPILE_CACHE: { means: 'no cache of the compiled program', takes: '1' },
} as const satisfies Record<string, VariableMeaning>;

/** Variables that knox sets for programs that it starts. */
export const GIVEN_VARIABLES = {
  KNOX_ROUTE: { means: 'the route that is tested or deployed', to: 'commands of routes' },
  KNOX_ACTION: { means: 'what the source has to do', to: 'programs of sources' },
  KNOX_ENVIRONMENT: { means: 'the environment', to: 'commands of routes, programs of sources' },
  KNOX_ROTATION: { means: 'id of the rotation; empty outside of one', to: 'commands of routes, programs of sources' },
  KNOX_ATTEMPT: {
    means: 'the same when a call is repeated after a crash or a failure',
    to: 'commands of routes, programs of sources',
  },
  KNOX_TAKEN_OVER: { means: 'that a newer Node was started in place of an older one', to: 'knox itself' },
} as const;
