/**
 * What every command and every address of a record goes through before it runs or gets something: whoever registered it may have fewer keys
 * than are within its reach here. What the rule (`may-run.ts`) does not let pass is asked once, and remembered on this machine.
 */
import { errors } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import { isNearHost } from '../../domain/loopback.ts';
import { printable } from '../../domain/printable.ts';
import { realmNamesOf } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import type { Vault } from '../opening/vault.ts';
import { parseEntry } from '../log/audit-entry.ts';
import { idOf } from '../records/kinds.ts';
import type { AllowedCommands, AllowedText } from './allowed-commands.ts';
import { mayRun } from './may-run.ts';
import type { Holding, Why } from './may-run.ts';
import { textOf, vouchAnew, voucherOf } from './vouch.ts';
import type { VouchedRecord } from './vouch.ts';
import { vouchedLines } from './vouched-words.ts';

export interface Wanted {
  /** As it was read: what runs is what was vouched for. */
  readonly record: VouchedRecord;
  readonly what: 'command' | 'address';
  /** For a person, such as `the deploy command of app.env for production`. */
  readonly name: string;
  /** The command, or where something is sent. */
  readonly text: string;
  /** Of an address: the realms whose values go there. */
  readonly sent?: readonly string[];
  /** Of an address: the hosts, once it is filled in. One on this machine or in its network counts as a command. */
  readonly hosts?: readonly string[];
}

/**
 * Not to be called inside a transaction. A text is asked about once a run.
 * @throws untrusted_command where it may not run here, and nobody can be asked or the answer is no
 */
export interface CommandGate {
  requireAllowed(wanted: Wanted): Promise<void>;
}

/** What is asked of the person here. */
export interface CommandQuestion {
  readonly name: string;
  /** All that is vouched for, the text that is to run among it: a line each. */
  readonly lines: readonly string[];
  readonly why: Why;
  /** Null where nobody with a key vouches for it. */
  readonly voucher: Pick<ManifestSlot, 'id' | 'label'> | null;
  /** When it was vouched for, ISO 8601; null where nobody did. */
  readonly since: string | null;
  /** Whether the key at hand could vouch for it again. */
  readonly canVouch: boolean;
}

/** Not at all; this text on this machine; all that its voucher vouches for, on this machine; this text for everybody. */
export type CommandAnswer = 'no' | 'text' | 'slot' | 'everybody';

export interface GateOptions {
  readonly vault: Vault;
  readonly allowed: AllowedCommands;
  /** Ids of the slots whose keys were used on this machine, other than the one at hand. */
  readonly used: readonly string[];
  /** `KNOX_TRUST_COMMANDS`: ids or labels of slots. */
  readonly trusted: readonly string[];
  /** Null where nobody can be asked. */
  readonly ask: (question: CommandQuestion) => Promise<CommandAnswer | null>;
}

export class AskingGate implements CommandGate {
  readonly #options: GateOptions;
  readonly #passed = new Set<string>();
  /** A yes is to all of a text. */
  readonly #answered = new Set<string>();
  /** What was refused is not asked about again in the same run. */
  readonly #refused = new Map<string, KnoxError>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  async requireAllowed(wanted: Wanted): Promise<void> {
    const { vault, allowed } = this.#options;
    const { record } = wanted;
    const { manifest } = vault;
    const voucher = voucherOf(manifest, record);
    const what = isFarAddress(wanted) ? 'address' : 'command';
    const text: AllowedText = { record: recordKey(record), text: textOf(record) ?? '', slot: voucher?.id ?? null };
    const sent = [...new Set(wanted.sent ?? [record.realm])];
    const pass = JSON.stringify([text, what === 'address' ? sent : what]);
    if (this.#passed.has(pass) || this.#answered.has(JSON.stringify(text))) return;
    const before = this.#refused.get(pass);
    if (before !== undefined) throw before;
    const entry = record.vouched?.entry ?? record.entry;
    const last = allowed.lastRan(text.record);
    const verdict = mayRun({
      what,
      voucher: voucher === null ? null : holdingOf(manifest, voucher),
      used: this.#used(),
      sent,
      all: manifest.realms.map(({ name }) => name),
      isAllowed: this.#isTrusted(voucher) || allowed.isAllowed(text),
      isOlder: last !== null && entry < last,
    });
    const ran = verdict === 'runs' ? entry : await this.#ask(wanted, verdict.asks, voucher, text);
    if (typeof ran !== 'number') {
      this.#refused.set(pass, ran);
      throw ran;
    }
    allowed.noteRan(text.record, ran);
    this.#passed.add(pass);
  }

  /** @returns the entry that vouches for it now, or why it may not run @throws cancelled */
  async #ask(wanted: Wanted, why: Why, voucher: ManifestSlot | null, text: AllowedText): Promise<number | KnoxError> {
    const { vault, allowed, ask } = this.#options;
    const { record, name } = wanted;
    const entry = record.vouched?.entry ?? record.entry;
    const since = voucher === null ? null : await timeOf(vault, entry);
    const canVouch = vault.ring?.hasRealm(record.realm) === true;
    const answer = await ask({ name, lines: vouchedLines(record), why, voucher, since, canVouch });
    if (answer === null || answer === 'no') return refusal(wanted, why, voucher);
    this.#answered.add(JSON.stringify(text));
    if (answer === 'everybody') {
      const fresh = await vault.change((change) => vouchAnew(change, record));
      allowed.allowText({ ...text, slot: fresh.slot });
      return fresh.entry;
    }
    if (answer === 'slot' && voucher !== null) allowed.allowSlot(voucher.id);
    else allowed.allowText(text);
    return entry;
  }

  #isTrusted(voucher: ManifestSlot | null): boolean {
    const { trusted } = this.#options;
    return voucher !== null && (trusted.includes(voucher.id) || trusted.includes(voucher.label));
  }

  /** Of the keys that were used here, those that still open something. */
  #used(): Holding[] {
    const { vault, used } = this.#options;
    const ids = new Set([...used, ...(vault.ring === null ? [] : [vault.ring.slot.id])]);
    return vault.manifest.slots.filter(({ id }) => ids.has(id)).map((slot) => holdingOf(vault.manifest, slot));
  }
}

/** Where nothing says that it is far, it is near. */
function isFarAddress({ what, hosts = [] }: Wanted): boolean {
  return what === 'address' && hosts.length > 0 && !hosts.some(isNearHost);
}

function holdingOf(manifest: Manifest, slot: ManifestSlot): Holding {
  return { isAdmin: slot.admin, realms: realmNamesOf(manifest, slot) };
}

/** What a record is called by in this machine's memory. */
export function recordKey(record: VouchedRecord): string {
  return `${record.kindOf} ${record.realm} ${idOf(record.kindOf, record as never)}`;
}

async function timeOf(vault: Vault, seq: number): Promise<string | null> {
  const row = await vault.read((view) => view.entryRow(seq));
  return row === null ? null : parseEntry(row).at;
}

const WHY: Readonly<Record<Why, (who: string) => string>> = {
  unvouched: () => 'no key of this vault vouches for it',
  fewer: (who) => `it was registered by ${who}, whose key opens less than the keys used here`,
  older: () => 'a newer one ran here before: it was replaced by an older one',
};

function refusal({ name, text }: Wanted, why: Why, voucher: ManifestSlot | null) {
  const who = voucher === null ? '' : `"${printable(voucher.label)}"`;
  const message = `${name} may not run here: ${WHY[why](who)}\n  ${printable(text)}`;
  if (voucher === null)
    return errors.untrusted_command(
      message,
      'review it, then register it again with your own key',
      'or allow it here, on a terminal',
    );
  const word = /^[\w.@-]+$/.test(voucher.label) ? voucher.label : voucher.id;
  const allow = `review it; to allow everything that ${who} registers, on this machine: knox trust --commands-of ${word}`;
  if (why === 'older') return errors.untrusted_command(message, allow);
  return errors.untrusted_command(message, allow, `in a script: KNOX_TRUST_COMMANDS=${word}`);
}
