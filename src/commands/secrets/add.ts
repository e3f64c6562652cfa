/** `knox add`: a value from a hidden prompt, stdin, a file or the generator; never from the command line. */
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { intervalOf, isExempt } from '../../domain/kinds.ts';
import { VALUE_LIMIT } from '../../domain/limits.ts';
import { Plaintext, reveal } from '../../domain/plaintext.ts';
import { describeValue, isStandIn, shortValueText } from '../../domain/providers.ts';
import { refuseLiteral } from '../../domain/refuse-literal.ts';
import { NAME_RULE, parseSecretName, requireSecretName } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import { generateValue } from '../../sources/generate.ts';
import { addValue } from '../../vault/secrets/add-value.ts';
import { showSecret } from '../../vault/secrets/describe-secret.ts';
import type { NameRecord } from '../../vault/records/kinds.ts';
import { requireStorable } from '../../vault/secrets/value-guards.ts';
import { askName, environmentChoices } from '../common/ask-name.ts';
import { warnOfForeign } from '../common/foreign.ts';
import { warnOfOthers } from '../common/not-given.ts';
import { routeFor } from '../common/route-for.ts';
import { settingsOf } from './secret-settings.ts';
import type { Add } from './declared.ts';

export const add: Run<Add> = async (context, given) => {
  const name = given.name ?? (await askNewName(context));
  requireSecretName(name);
  refuseLiteral('the name', name);
  const { base } = given;
  if (base !== null) requireSecretName(base);
  const { kind, every, expiresAt, note, owner } = settingsOf(given);
  const settings = {
    kind: kind ?? null,
    every: every ?? null,
    expiresAt: expiresAt ?? null,
    note: note ?? null,
    owner: owner ?? null,
    base,
    guards: context.guards(),
  };
  const environment = await environmentOf(context, given, name);
  const vault = await context.vault('key');
  vault.requireTrust();
  if (environment !== SHARED) await vault.read(async (view) => view.requireEnvironment(environment));
  const { value, isSeen } = await valueFor(context, given, name);
  requireStorable(value);
  warnOfForeign(context, name, value);
  const { shown, added } = await vault.change(async (change) => {
    const made = await addValue(change, { name, environment, value, ...settings });
    return { shown: await showSecret(change, name), added: made };
  });
  if (value.length < 8 && !isExempt(added.record.kind, 'masking')) context.warn('short_value', shortValueText(name));
  if (isSeen) context.say(describeValue(reveal(value), name));
  value.wipe();
  warnOfKept(context, settings, added.record);
  warnOfOthers(context, 'not taken up', added.notTakenUp);
  const { record, like } = added;
  if (like !== null && isExempt(record.kind, 'masking'))
    context.say(
      `note: stored as a plain setting (kind ${record.kind}), as in ${like.realm}. If it is a secret: knox set ${name} --kind standard`,
    );
  if (added.hasJoined) context.say(`It is version ${record.version} of ${record.base}.`);
  const place = environment === SHARED ? ' (shared)' : ` for ${environment}`;
  const next = shown.routes > 0 || added.hasJoined ? null : routeFor(name, environment);
  return { json: shown, text: `Added ${name}${place}.`, next };
};

const SETTINGS = ['kind', 'every', 'expiresAt', 'note', 'owner', 'base'] as const;

/** One more value does not change the secret that it is for. */
function warnOfKept(
  context: Context,
  given: Readonly<Record<(typeof SETTINGS)[number], string | number | null>>,
  record: NameRecord,
): void {
  const own = { ...record, every: intervalOf(record) };
  const wanted = { ...given, every: given.every === 0 ? null : given.every };
  const kept = SETTINGS.filter((key) => given[key] !== null && wanted[key] !== own[key]);
  if (kept.length === 0) return;
  const flags = kept.map((key) => (key === 'expiresAt' ? '--expires' : `--${key}`)).join(', ');
  context.warn(
    'not_changed',
    `${record.name} already exists and keeps its settings: ${flags} ignored (to change them: knox set)`,
  );
}

async function askNewName(context: Context): Promise<string> {
  const prompts = await context.prompts();
  if (prompts === null) throw errors.usage('no name given', 'knox add NAME -e ENV');
  return prompts.input({
    message: 'Name of the secret',
    validate: (text) => parseSecretName(text) !== null || NAME_RULE,
  });
}

async function environmentOf(context: Context, { env, shared }: Add, name: string): Promise<string> {
  if (shared) return SHARED;
  return askName(context, env, {
    what: 'environment',
    usage: `knox add ${name} -e ENV, or --shared`,
    choices: async () => {
      const { manifest } = await context.vault('key');
      const own = environmentChoices(manifest);
      return [...own, { name: SHARED, value: SHARED, description: 'one value for all environments' }];
    },
  });
}

/** `isSeen`: whether the person should be told what it looks like, having seen nothing of it. */
async function valueFor(
  context: Context,
  { valueFile: file, generate }: Add,
  name: string,
): Promise<{ value: Plaintext; isSeen: boolean }> {
  if (file !== null) {
    const bytes = await context.readFile(file, VALUE_LIMIT);
    if (bytes.at(-1) === 10) context.warn('final_newline', 'the value ends with a newline, which is kept');
    warnOfStandIn(context, bytes);
    return { value: new Plaintext(bytes), isSeen: true };
  }
  if (generate !== null) return { value: generateValue(generate), isSeen: false };
  if (context.io.stdin.isTTY === true || context.io.prompts !== undefined) {
    const prompts = await context.requirePrompts(`the value of ${name}`, '--value-file FILE, or pipe it in');
    const value = new Plaintext(await prompts.hidden({ message: `Value of ${name}` }));
    if (isStandIn(reveal(value)) && !(await prompts.confirm({ message: `${STAND_IN}. Store it anyway?` })))
      throw errors.cancelled('nothing was stored');
    return { value, isSeen: true };
  }
  // The line end that is cut off is none of the value.
  const bytes = await context.readStdin({ ...VALUE_LIMIT, bytes: VALUE_LIMIT.bytes + 2 });
  warnOfStandIn(context, bytes);
  const cut = bytes.at(-1) !== 10 ? 0 : bytes.at(-2) === 13 ? 2 : 1;
  return { value: new Plaintext(bytes.subarray(0, bytes.length - cut)), isSeen: true };
}

const STAND_IN = 'That looks like a placeholder, not a value';

function warnOfStandIn(context: Context, bytes: Uint8Array): void {
  if (isStandIn(bytes)) context.warn('placeholder', 'the value looks like a placeholder, not a value');
}
