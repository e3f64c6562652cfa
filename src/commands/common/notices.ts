/** Telling receivers from a command: what happened is collected while it works, and told when all is done and printed. */
import type { Context } from '../../context.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { deliver } from '../../notices/deliver.ts';
import type { OpenReceiver, Undelivered } from '../../notices/deliver.ts';
import type { Notice } from '../../notices/notice.ts';
import { addressOf, FROM_VARIABLE, receiversFor, requireAddress } from '../../notices/receivers.ts';
import type { Receiver } from '../../notices/receivers.ts';
import { describeRotation } from '../../rotation/describe-rotation.ts';
import type { RotationView } from '../../rotation/describe-rotation.ts';
import { eventsBetween, snapshotOf } from '../../rotation/rotation-events.ts';
import type { RotationEvent } from '../../rotation/rotation-events.ts';
import type { Rotation } from '../../rotation/rotation.ts';
import { revealText } from '../../domain/plaintext.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import type { CommandGate } from '../../vault/gate/command-gate.ts';

interface Told {
  readonly notice: Notice;
  /** Where it happened: a receiver has to have been set for all of them. */
  readonly environments: readonly string[];
}

const collected = new WeakMap<Context, Told[]>();

/** Works on a rotation, and has receivers told of what became of it. @param isAttended somebody sits there who needs no telling */
export async function watched<T>(
  context: Context,
  vault: Vault,
  rotation: Rotation,
  isAttended: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const before = snapshotOf(rotation);
  try {
    return await work();
  } finally {
    await rotation.refresh();
    const events = eventsBetween(before, snapshotOf(rotation));
    if (events.length > 0) {
      const view = await vault.read((reader) => describeRotation(reader, rotation));
      for (const event of events.filter((one) => one !== 'needs-person' || !isAttended)) {
        tell(context, vault, {
          notice: { event, text: sentence(event, view), rotation: view },
          environments: rotation.environments,
        });
      }
    }
  }
}

function sentence(event: RotationEvent, { from, to, state, next, incident }: RotationView): string {
  const what = `${from} -> ${to}`;
  const texts: Record<RotationEvent, string> = {
    incident: `${what}: reported as compromised (${incident?.reason ?? ''})`,
    'window-over': `${what}: production ran on the new value for the whole window`,
    'needs-person': `${what} is waiting for you. ${next}`,
    failed: state === 'rolling-back' ? `${what}: ${next}` : `${what} failed. ${next}`,
    'rolled-back': `${what}. ${next}`,
    done: `${what}: the rotation is done`,
  };
  return `knox: ${texts[event]}`;
}

function tell(context: Context, vault: Vault, told: Told): void {
  const known = collected.get(context);
  if (known !== undefined) {
    known.push(told);
    return;
  }
  const all = [told];
  collected.set(context, all);
  context.onClose(async () => {
    for (const one of await send(context, vault, all))
      context.warn('not_told', `${one.name} was not notified of "${one.notice.event}": ${one.why}`);
  });
}

/** @returns what nobody took, which is in the log then */
async function send(context: Context, vault: Vault, all: readonly Told[]): Promise<Undelivered[]> {
  const receivers = new Map<string, { receiver: Receiver; notices: Notice[] }>();
  // By what each was told of, since it is asked about in each of these environments.
  for (const { notice, environments } of all) {
    for (const receiver of await chosen(context, vault, environments)) {
      if (!(receiver.events as readonly string[]).includes(notice.event)) continue;
      const key = JSON.stringify([receiver.id, environments]);
      const known = receivers.get(key) ?? { receiver, notices: [] };
      known.notices.push(notice);
      receivers.set(key, known);
    }
  }
  // All is done and printed: nobody is asked any more.
  return sendTo(context, vault, context.commandGate(false), [...receivers.values()]);
}

/** Those of the vault, and the one of the environment variable, which is told of everything. */
async function chosen(context: Context, vault: Vault, environments: readonly string[]): Promise<Receiver[]> {
  const known = await vault.read((view) => receiversFor(view, environments));
  const own = variableReceiver(context);
  return own === null ? known : [...known, own];
}

export function variableReceiver(context: Context): Receiver | null {
  if (context.variable(FROM_VARIABLE) === null) return null;
  const events = ['check', 'needs-person', 'window-over', 'failed', 'rolled-back', 'done', 'incident'] as const;
  const nobody = { createdAt: null, createdBy: null, records: [] };
  return { id: FROM_VARIABLE, kind: 'webhook', target: FROM_VARIABLE, events, ...nobody };
}

/** Sends the findings of a check to whoever asked for them. @returns an error where somebody was not told, or nobody is to be */
export async function tellFindings(context: Context, vault: Vault, notice: Notice): Promise<unknown> {
  const places = await vault.read(async (view) => view.environmentNames().filter((name) => view.canRead(name)));
  const receivers = (await chosen(context, vault, places)).filter(({ events }) =>
    (events as readonly string[]).includes('check'),
  );
  if (receivers.some(({ kind }) => kind === 'command')) vault.requireTrust();
  if (receivers.length === 0)
    return errors.usage(
      'nobody is notified of checks',
      'add a notification: knox notify add --webhook-secret NAME --on check',
    );
  const gate = context.commandGate();
  const pairs = receivers.map((receiver) => ({ receiver, notices: [notice] }));
  const lost = await sendTo(context, vault, gate, pairs);
  return lost.length === 0 ? null : undeliveredError(lost);
}

/** Opens their addresses, tells them, and records what nobody took. */
export async function sendTo(
  context: Context,
  vault: Vault,
  gate: CommandGate,
  pairs: readonly { readonly receiver: Receiver; readonly notices: readonly Notice[] }[],
): Promise<Undelivered[]> {
  if (pairs.length === 0) return [];
  const { root } = await context.place();
  const open: OpenReceiver[] = [];
  const lost: Undelivered[] = [];
  for (const { receiver, notices } of pairs) {
    const name = nameOf(receiver);
    try {
      open.push({ name, to: await addressFor(context, vault, gate, receiver), notices });
    } catch (error) {
      // Nothing that a rotation did depends on it.
      const why = isKnoxError(error) ? error.message : 'an internal error of knox';
      lost.push(...notices.map((notice) => ({ name, notice, why })));
    }
  }
  lost.push(...(await deliver(open, { ...context.routeServices(root), sleep: context.io.sleep })));
  if (lost.length > 0) await record(vault, lost);
  return lost;
}

function nameOf({ kind, target }: Receiver): string {
  return kind === 'webhook' ? `the webhook ${target}` : `the command ${target}`;
}

/** @throws untrusted_command, and what finding the address throws */
async function addressFor(
  context: Context,
  vault: Vault,
  gate: CommandGate,
  { id, kind, target, records }: Receiver,
): Promise<OpenReceiver['to']> {
  if (kind === 'command') {
    if (records.length === 0) throw errors.bug('a receiver that no environment has');
    for (const one of records)
      await gate.requireAllowed({
        record: one,
        what: 'command',
        name: `the receiver ${id} of ${one.realm}`,
        text: target,
      });
    return { kind, command: target };
  }
  if (id === FROM_VARIABLE) {
    const text = context.variable(FROM_VARIABLE);
    requireAddress(text, FROM_VARIABLE);
    return { kind, url: text.trim() };
  }
  const environments = records.map(({ realm }) => realm);
  const value = await vault.read((view) => addressOf(view, target, environments));
  const url = revealText(value)!.trim();
  const hosts = [new URL(url).host];
  for (const one of records)
    await gate.requireAllowed({
      record: one,
      what: 'address',
      name: `the receiver ${id} of ${one.realm}`,
      text: `the webhook ${target}`,
      hosts,
    });
  return { kind, url };
}

async function record(vault: Vault, lost: readonly Undelivered[]): Promise<void> {
  const detail = lost.map(({ name, notice, why }) => ({
    receiver: name,
    event: notice.event,
    why: why.split('\n')[0],
  }));
  // Whoever looks without a key can leave no entry: then the warning is all there is.
  if (vault.ring === null || !vault.isTrusted) return;
  await vault.change(async (change) => change.log({ action: 'notify-failed', detail: { lost: detail } }));
}

/** @throws source_failed-like errors are of no use here: the receiver that is tried says what it said */
export function undeliveredError(lost: readonly Undelivered[]) {
  const said = lost.map(({ name, why }) => `${name}: ${why}`).join('; ');
  return errors.io(`not notified: ${said}`, 'check it, then: knox notify test ID');
}
