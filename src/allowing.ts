/** Asking the person here whether a command that somebody with fewer keys registered may run: what it is, who vouches for it and since when. */
import type { Moments } from './domain/moments.ts';
import type { Session } from './session.ts';
import { printable, printableLines } from './domain/printable.ts';
import type { AllowedCommands } from './vault/gate/allowed-commands.ts';
import type { CommandAnswer, CommandGate, CommandQuestion } from './vault/gate/command-gate.ts';
import type { HeadMemory } from './vault/trust/head-memory.ts';
import type { Vault } from './vault/opening/vault.ts';

/** What of a command's surroundings says what this machine allowed before. */
interface Asker extends Session {
  stateFolder(): string | null;
  memory(): Promise<HeadMemory>;
}

const gates = new WeakMap<Vault, Map<boolean, Promise<CommandGate>>>();

/** The gate of the vault at hand, made when something goes through it, and one for the whole run. @param canAsk whether the person may be asked */
export function gateOf(context: Asker, open: () => Promise<Vault>, canAsk: boolean): CommandGate {
  return {
    async requireAllowed(wanted) {
      const vault = await open();
      const known = gates.get(vault) ?? new Map<boolean, Promise<CommandGate>>();
      gates.set(vault, known);
      const gate = known.get(canAsk) ?? openGate(context, vault, canAsk);
      known.set(canAsk, gate);
      await (await gate).requireAllowed(wanted);
    },
  };
}

export async function allowedCommands(context: Asker, { manifest, store }: Vault): Promise<AllowedCommands> {
  const { AllowedCommands: Allowed } = await import('./vault/gate/allowed-commands.ts');
  return new Allowed(context.stateFolder(), manifest.vault, store.location);
}

async function openGate(context: Asker, vault: Vault, canAsk: boolean): Promise<CommandGate> {
  const [{ AskingGate }, allowed, memory] = await Promise.all([
    import('./vault/gate/command-gate.ts'),
    allowedCommands(context, vault),
    context.memory(),
  ]);
  const { manifest, store } = vault;
  const here = memory.at(store.location).filter((seen) => seen.vault === manifest.vault);
  const seen = [...here, ...memory.elsewhere(manifest.vault, store.location)];
  const trusted = (context.variable('KNOX_TRUST_COMMANDS') ?? '').split(',').map((word) => word.trim());
  return new AskingGate({
    vault,
    allowed,
    used: seen.flatMap(({ slots }) => slots),
    trusted: trusted.filter((word) => word !== ''),
    ask: async (question) => (canAsk ? ask(context, question) : null),
  });
}

async function ask(context: Asker, question: CommandQuestion): Promise<CommandAnswer | null> {
  // Under --json stderr is JSON lines.
  const prompts = context.isJson && context.io.prompts === undefined ? null : await context.prompts();
  if (prompts === null) return null;
  const { name, lines, voucher, canVouch } = question;
  const label = voucher === null ? '' : `"${printable(voucher.label)}"`;
  context.say(`knox is about to use ${printable(name)}. All that was registered with it:`);
  for (const line of lines) context.say(`    ${printableLines(line).replaceAll('\n', '\n    ')}`);
  context.say(`  ${standing(question, label, context.moments(context.io.stderr))}`);
  const choices = [
    { name: 'no', value: 'no' as const },
    { name: 'yes, this text, on this machine', value: 'text' as const },
    ...(voucher === null
      ? []
      : [{ name: `yes, and all that ${label} registers, on this machine`, value: 'slot' as const }]),
    ...(canVouch ? [{ name: 'yes, for everybody: I vouch for it', value: 'everybody' as const }] : []),
  ];
  return prompts.select<CommandAnswer>({ message: 'May it run here?', choices, isDeliberate: true });
}

function standing({ why, since }: CommandQuestion, label: string, moments: Moments): string {
  const when = since === null ? '' : `, ${moments.day(since)}`;
  if (why === 'unvouched') return 'No key of this vault vouches for it.';
  if (why === 'older')
    return `Registered by ${label}${when}. A newer one ran here before: it was replaced by an older one.`;
  return `Registered by ${label}${when}, whose key opens less than the keys used here.`;
}
