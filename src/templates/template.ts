/** What the rest of knox uses of templates: reading them, rendering them, rewriting the names in them. */
export { envItems, readDifferently } from './env-lines.ts';
export type { OddLine } from './env-lines.ts';
export { readEnvVariables } from './env-variables.ts';
export type { EnvFile } from './env-variables.ts';
export { formatFor, formatOf, parseFormatName } from './formats.ts';
export type { FormatName } from './formats.ts';
export { applyFilters } from './filters.ts';
export type { Filter } from './filters.ts';
export { parseTemplate } from './placeholders.ts';
export type { Placeholder, Problem, Template } from './placeholders.ts';
export { renderTemplate } from './render.ts';
export type { Rendered } from './render.ts';
export { rewriteNames } from './rewrite.ts';
export { refusePlaceholders } from './shell-text.ts';
