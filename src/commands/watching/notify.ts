/** `knox notify add|list|remove|test`: who is told of what happens. */
import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { EVENTS } from '../../domain/choices.ts';
import { printable } from '../../domain/printable.ts';
import { quoted } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import { addressOf, allReceivers } from '../../notices/receivers.ts';
import type { Receiver } from '../../notices/receivers.ts';
import { refusePlaceholders } from '../../templates/template.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { vouchFor } from '../../vault/gate/vouch.ts';
import { sendTo, undeliveredError, variableReceiver } from '../common/notices.ts';
import type { NotifyAdd, NotifyOne } from './declared.ts';

export const notifyAdd: Run<NotifyAdd> = async (context, { webhookSecret: secret, command, events: wanted }) => {
  if ((secret === null) === (command === null))
    throw errors.usage('no receiver given', 'add --webhook-secret NAME or --command CMD');
  refusePlaceholders('--command', command ?? '', 'have the command run knox get, or read a file');
  if (command?.trim() === '') throw errors.usage('the command is empty', 'for example --command "mail -s knox ops"');
  const events = EVENTS.filter((name) => wanted === null || wanted.includes(name));
  const vault = await context.vault('key');
  vault.requireTrust();
  const places = await vault.read(async (view) => view.environmentNames().filter((name) => view.canRead(name)));
  const left = vault.manifest.realms.filter(({ name }) => name !== SHARED && !places.includes(name));
  if (places.length === 0) vault.requireKeys().realmKey(left[0]!.name);
  if (secret !== null) (await vault.read((view) => addressOf(view, secret, places))).wipe();
  const receiver = randomBytes(4).toString('hex');
  const kind = secret === null ? 'command' : 'webhook';
  const target = secret ?? command!;
  await vault.change(async (change) => {
    for (const environment of places) {
      const made = { createdAt: change.at, createdBy: change.actor };
      const content = { id: receiver, kind, target, events, ...made } as const;
      await change.put('receiver', environment, vouchFor(change, 'receiver', environment, content));
    }
    change.log({ action: 'notify-add', detail: { receiver, kind, target, events } });
  });
  for (const { name } of left) context.say(`note: not for events in ${name}, which this key does not open`);
  return {
    json: { id: receiver, kind, target, on: events },
    text: `Added notification ${receiver}: ${kind === 'webhook' ? `the webhook ${target}` : 'the command'} gets ${events.join(', ')}.`,
    next: `knox notify test ${receiver}`,
  };
};

export const notifyList: Run<object> = async (context) => {
  const vault = await context.vault('look');
  const own = variableReceiver(context);
  const all = [...(await vault.look((view) => allReceivers(view))), ...(own === null ? [] : [own])];
  const rows = all.map(({ id, kind, target, events }) => [
    { text: id, tone: 'name' as const },
    kind,
    printable(target),
    events.length === EVENTS.length ? 'everything' : events.join(', '),
  ]);
  const json = all.map(({ id, kind, target, events: on, createdAt, createdBy }) => ({
    id,
    kind,
    target,
    on,
    createdAt,
    createdBy,
  }));
  return { json, table: { head: ['Id', 'Kind', 'Target', 'Events'], rows, prose: [2, 3] } };
};

export const notifyRemove: Run<NotifyOne> = async (context, { id }) => {
  const vault = await context.vault('key');
  vault.requireTrust();
  const receiver = await find(context, vault, id);
  if (receiver.createdAt === null)
    throw errors.usage('KNOX_WEBHOOK is a variable of your environment', 'unset KNOX_WEBHOOK');
  const left = await vault.change(async (change) => {
    const records = await change.getAcross('receiver', receiver.id, change.environmentNames());
    const own = records.filter(({ realm }) => change.canRead(realm));
    if (own.length === 0) change.requireRealmKeys(records.map(({ realm }) => realm));
    for (const record of own) await change.remove(record);
    change.log({
      action: 'notify-remove',
      detail: { receiver: receiver.id, kind: receiver.kind, target: receiver.target },
    });
    return records.flatMap(({ realm }) => (change.canRead(realm) ? [] : [realm]));
  });
  if (left.length > 0) {
    const where = left.join(', ');
    context.warn('not_granted', `notification ${receiver.id} stays for ${where}, which this key does not open`);
    return { json: { id: receiver.id }, text: `Removed notification ${receiver.id}, except for ${where}.` };
  }
  return { json: { id: receiver.id }, text: `Removed notification ${receiver.id}.` };
};

export const notifyTest: Run<NotifyOne> = async (context, { id }) => {
  const vault = await context.vault('key');
  vault.requireTrust();
  const receiver = await find(context, vault, id);
  const notice = { event: 'test' as const, text: `knox: test of notification ${receiver.id}. It works.` };
  const gate = context.commandGate();
  const own = receiver.records.filter(({ realm }) => vault.ring?.hasRealm(realm) === true);
  if (own.length === 0 && receiver.records.length > 0) vault.requireKeys().realmKey(receiver.records[0]!.realm);
  const lost = await sendTo(context, vault, gate, [{ receiver: { ...receiver, records: own }, notices: [notice] }]);
  const shown = { json: { id: receiver.id, told: lost.length === 0, why: lost[0]?.why ?? null } };
  if (lost.length > 0) return { ...shown, error: undeliveredError(lost) };
  return { ...shown, text: `Sent a test to ${receiver.id}.` };
};

/** @throws notification_not_found */
async function find(context: Context, vault: Vault, id: string): Promise<Receiver> {
  const own = variableReceiver(context);
  const all = [...(await vault.read((view) => allReceivers(view))), ...(own === null ? [] : [own])];
  const found = all.find((receiver) => receiver.id === id);
  if (found !== undefined) return found;
  throw errors.notification_not_found(`no notification with the id ${quoted(id)}`, 'see them: knox notify list');
}
