/** Names that tell of a trial, or hold an environment. Needs no key. */
import { splitName } from '../domain/name-words.ts';
import type { ListedSecret } from '../vault/secrets/describe-secret.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const TRIAL_WORDS = new Set(['test', 'tmp', 'temp', 'demo', 'example', 'dummy', 'sample', 'old', 'foo']);
/** Words by which people put the environment into a name, beside the names of the vault's own. */
const ENVIRONMENT_WORDS = [
  'production',
  'prod',
  'prd',
  'live',
  'staging',
  'stage',
  'stg',
  'development',
  'dev',
  'qa',
  'uat',
  'sandbox',
];
/** Of names in a message. */
const MOST_NAMES = 3;

/** @param newest the newest live version of each lineage @param environments of the vault */
export function nameFindings(newest: readonly ListedSecret[], environments: readonly string[]): Finding[] {
  const words = new Set([...ENVIRONMENT_WORDS, ...environments.map((name) => name.toLowerCase())]);
  const environmentOf = (base: string) =>
    wordsOf(base).find((word) => words.has(word) && !TRIAL_WORDS.has(word)) ?? null;
  const byEnvironment = newest.filter(({ base }) => environmentOf(base) !== null);
  const byService = newest.filter(({ base }) => environmentOf(base) === null);
  const trials = newest.flatMap(({ name, base }) => {
    const word = wordsOf(base).find((one) => TRIAL_WORDS.has(one));
    if (word === undefined) return [];
    const message = `${name} has "${word}" in its name: is it still needed?`;
    return [finding('test-secret', { secret: name, message, hint: `knox show ${name}` })];
  });
  const legacy = byEnvironment.map(({ name, base }) =>
    finding('legacy-naming', {
      secret: name,
      message: `${name} has an environment ("${environmentOf(base)}") in its name: one secret can have a value for each`,
      hint: 'knox migrate --dry-run',
    }),
  );
  return [...trials, ...legacy, ...mixed(byService, byEnvironment)];
}

/** The strategy that most names follow, and what breaks it. */
function mixed(byService: readonly ListedSecret[], byEnvironment: readonly ListedSecret[]): Finding[] {
  if (byService.length === 0 || byEnvironment.length === 0) return [];
  const [many, few] =
    byService.length >= byEnvironment.length ? [byService, byEnvironment] : [byEnvironment, byService];
  const strategy = many === byService ? 'by service, with a value for each environment' : 'by environment';
  const names = few.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = few.length > MOST_NAMES ? ` and ${few.length - MOST_NAMES} more` : '';
  const message = `${many.length} secrets are named ${strategy}; ${names.join(', ')}${more} ${few.length === 1 ? 'is' : 'are'} not`;
  return [finding('mixed-naming', { message, hint: 'knox migrate --dry-run' })];
}

function wordsOf(base: string): string[] {
  return splitName(base).words.map((word) => word.toLowerCase());
}
