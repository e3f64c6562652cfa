/**
 * How knox asks git, always by commands that scripts are meant for (git(1), "plumbing"): a repository's settings, which may have come with an
 * archive, can name programs for git's own use, and none of those is run.
 */

/** Before the command. `core.fsmonitor` is the one such setting that plumbing goes by. */
export const GIT_OPTIONS = ['--no-pager', '-c', 'core.fsmonitor=false'] as const;

/** Nothing is fetched, by whatever program or address the settings name; nobody is asked; nothing is written. */
export const GIT_VARIABLES = {
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_LAZY_FETCH: '1',
  // An older git does not know the one above: no way to fetch is allowed.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_REPLACE_OBJECTS: '1',
} as const;
