/** A required name that was left out: asked for with a picker on a terminal, an error elsewhere. */
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { Choice } from '../../terminal/prompts.ts';
import { SHARED } from '../../domain/environment-name.ts';
import type { Manifest } from '../../vault/documents/manifest.ts';

/**
 * @param what one word, such as `secret` @param usage what to type, such as `knox show NAME`
 * @param choices read only when they are needed
 * @throws usage where there is no terminal or nothing to choose from, cancelled
 */
export async function askName(
  context: Context,
  given: string | null,
  { what, usage, choices }: { what: string; usage: string; choices: () => Promise<readonly Choice<string>[]> },
): Promise<string> {
  if (given !== null) return given;
  const prompts = await context.prompts();
  if (prompts === null) throw errors.usage(`no ${what} given`, usage);
  const list = await choices();
  if (list.length === 0) throw errors.usage(`no ${what} given, and there is none to choose from`, usage);
  return prompts.select({ message: `Which ${what}?`, choices: list });
}

/** The name of a live secret, given or picked. @param access `key` where the command needs one anyway, so that it is asked for once */
export async function askSecret(
  context: Context,
  given: string | null,
  usage: string,
  access: 'key' | 'look' = 'look',
): Promise<string> {
  return askName(context, given, {
    what: 'secret',
    usage,
    choices: async () => {
      const vault = await context.vault(access);
      const records = await vault.read((view) => view.across('name'));
      const notes = new Map(
        records.toReversed().flatMap(({ name, state, note }) => (state === 'live' ? [[name, note]] : [])),
      );
      return [...notes]
        .map(([name, note]) => ({ name, value: name, ...(note === null ? {} : { description: note }) }))
        .toSorted((left, right) => (left.name < right.name ? -1 : 1));
    },
  });
}

/** The name of an environment, given or picked. */
export async function askEnvironment(context: Context, given: string | null, usage: string): Promise<string> {
  return askName(context, given, {
    what: 'environment',
    usage,
    choices: async () => {
      const vault = await context.vault('look');
      return environmentChoices(vault.manifest);
    },
  });
}

export function environmentChoices({ realms }: Manifest): Choice<string>[] {
  return realms
    .filter(({ name }) => name !== SHARED)
    .map(({ name, production }) => ({
      name,
      value: name,
      description: production ? 'production' : 'pre-production',
    }));
}

/** A registered route of the project at hand, given or picked. */
export async function askRoute(context: Context, given: string | null, usage: string): Promise<string> {
  return askName(context, given, {
    what: 'route',
    usage,
    choices: async () => {
      const vault = await context.vault('look');
      const { project } = await context.place();
      const routes = await vault.read((view) => view.across('route'));
      const own = routes.filter((route) => route.project === project);
      return [...new Set(own.map(({ path }) => path))].toSorted().map((path) => ({ name: path, value: path }));
    },
  });
}
