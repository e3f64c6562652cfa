/** What stands for each `<word>` of the command table: one of a list, a name of the vault, a file, or whatever somebody likes. */
import { SHELLS, SOURCE_KINDS } from '../domain/choices.ts';
import type { Choices } from '../domain/choices.ts';
import { SETTINGS } from '../domain/settings.ts';
import type { Candidate, Names } from './names.ts';

export interface Values {
  readonly list: (names: Names, typed: string) => Promise<readonly Candidate[]> | readonly Candidate[];
  readonly also: 'files' | null;
  /** What stands between several, or before the part that is meant. */
  readonly separator: ',' | '=' | null;
}

const of = (list: Values['list'], separator: Values['separator'] = null): Values => ({ list, also: null, separator });
const words = (all: readonly string[], separator: Values['separator'] = null): Values =>
  of(() => all.map((text) => ({ text, about: '' })), separator);
const FREE = words([]);
const FILES: Values = { list: () => [], also: 'files', separator: null };
const SECRETS = of(secretsAt);
const ENVIRONMENT = of((names) => names.environments());
const ENVIRONMENTS = of((names) => names.environments(), ',');

const BY_WORD: Readonly<Record<string, Values>> = {
  name: SECRETS,
  env: ENVIRONMENT,
  env2: ENVIRONMENT,
  'env,...': ENVIRONMENTS,
  file: FILES,
  folder: FILES,
  route: of((names) => names.routes()),
  shell: words(SHELLS),
  document: of(documents),
  'var=name': of((names) => names.secrets(), '='),
};

/** Where the same word means something else; `COMMAND WORD`, or `COMMAND --OPTION`. */
const BY_PLACE: Readonly<Record<string, Values>> = {
  'add --base': SECRETS,
  'env add name': FREE,
  'env remove name': ENVIRONMENT,
  'export --name': FREE,
  'rotations continue name': of((names) => names.rotations()),
  'route add route': FILES,
  'setting set name': words(Object.keys(SETTINGS)),
  'setting remove name': words(Object.keys(SETTINGS)),
  'source set kind': words(SOURCE_KINDS),
};

/**
 * @param word as it stands between the brackets
 * @param place the command, and the option where it is one's value
 * @param declared what the option's declaration has to choose from: it goes before all else
 */
export function valuesFor(
  word: string,
  place: { readonly command: string; readonly flag: string | null },
  declared: Choices | undefined,
): Values {
  if (declared !== undefined) return words(declared.words, declared.separator);
  return BY_PLACE[`${place.command} ${place.flag ?? word}`] ?? BY_WORD[word] ?? FREE;
}

async function documents(): Promise<readonly Candidate[]> {
  const { DOCUMENT_NAMES, DOCUMENTS } = await import('../schemas/documents.ts');
  return DOCUMENT_NAMES.map((text) => ({ text, about: DOCUMENTS[text]!.about }));
}

/** `NAME@` is completed by the version that is meant. */
async function secretsAt(names: Names, typed: string): Promise<readonly Candidate[]> {
  const found = await names.secrets();
  if (!typed.includes('@')) return found;
  return found.flatMap(({ text }) => [
    { text: `${text}@current`, about: 'the version that the environment is on' },
    { text: `${text}@previous`, about: 'the version before it' },
  ]);
}
