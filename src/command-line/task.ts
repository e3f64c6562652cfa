/** What somebody is about to do: the help, the manual page and docs/commands.md group the commands by it. Each command declares one. */

export const TASKS = {
  start: 'Start',
  secrets: 'Secrets',
  routes: 'Use secrets in files and programs (routes)',
  rotate: 'Rotate',
  watch: 'Watch and audit',
  share: 'Share access',
  keep: 'Back up and set up',
  tools: 'Tools',
} as const;

export type Task = keyof typeof TASKS;
