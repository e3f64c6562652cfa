/** `knox list`: the secrets by name; with --env, what resolves there, shared ones too. */
import type { Handler } from '../command-table.ts';
import { dueAt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { SHARED } from '../vault/manifest.ts';

export const list: Handler = async (context, _args, options) => {
  const environment = options['env'] as string | undefined;
  const vault = await context.vault('look');
  const rows = await vault.read(async (view) => {
    if (environment !== undefined) view.requireEnvironment(environment);
    const bases = new Map((await view.find('lineage')).map(({ id, base, due_at }) => [id, { base, due: due_at }]));
    const order = [...view.environmentNames(), SHARED];
    const held = Map.groupBy(await view.find('value'), ({ secret }) => secret);
    const uses = Map.groupBy(await view.find('usage'), ({ secret }) => secret);
    const routes = await view.find('registration');
    const secrets = (await view.find('secret')).filter(({ state }) => state === 'live' || state === 'withdrawn');
    return secrets
      .map((secret) => {
        const places = (held.get(secret.id) ?? []).map((value) => value.environment);
        const lineage = bases.get(secret.lineage);
        const { name, version, state, scope, note, owner, every } = secret;
        const createdAt = secret.created_at;
        const due = {
          kind: secret.kind as Kind,
          every: every === 0 ? ('never' as const) : every,
          createdAt,
          dueAt: lineage?.due ?? null,
        };
        return {
          name,
          base: lineage?.base ?? name,
          version,
          state,
          scope,
          kind: secret.kind,
          environments: order.filter((place) => place !== SHARED && places.includes(place)),
          note,
          owner,
          every,
          expiresAt: secret.expires_at,
          createdAt,
          lastUsedAt:
            (uses.get(secret.id) ?? [])
              .map((use) => use.last_at)
              .toSorted()
              .at(-1) ?? null,
          routes: new Set(
            routes.filter(({ names }) => (JSON.parse(names) as string[]).includes(name)).map(({ path }) => path),
          ).size,
          dueAt: dueAt(due),
          rotation: null,
        };
      })
      .filter(
        (secret) => environment === undefined || secret.scope === 'shared' || secret.environments.includes(environment),
      )
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  });
  const text = rows.map(({ name, kind, scope, environments, lastUsedAt, dueAt: due }) =>
    [
      name,
      kind,
      scope === 'shared' ? 'shared' : environments.join(','),
      lastUsedAt ?? 'never used',
      due ?? 'no schedule',
    ].join('\t'),
  );
  return { json: rows, text: text.join('\n') };
};
