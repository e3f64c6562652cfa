/**
 * What somebody can write who holds a key of the vault: records of his realm with the right digests, under a true seal; audit entries in a
 * whole chain under a signed head. Who was given development alone changes nothing that the others get, and nothing that anybody writes is a
 * crash for them.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHAIN_START, entryHash, signEntry } from '../../../src/crypto/audit-chain.ts';
import { parseKeyFile } from '../../../src/crypto/key-file.ts';
import type { RecordRow } from '../../../src/store/store.ts';
import { sealedPart, signedHead } from '../../../src/vault/documents/head.ts';
import type { Head } from '../../../src/vault/documents/head.ts';
import { placeOf, recordDigest } from '../../../src/vault/documents/tree.ts';
import { encodeRecord, idOf, KIND_NAMES, PLACED } from '../../../src/vault/records/kinds.ts';
import type { Content, KindName } from '../../../src/vault/records/kinds.ts';
import { ANY_RECORD } from '../../helpers/any-record.ts';
import { Colleague } from '../../helpers/colleague.ts';
import { openProjectVault } from '../../helpers/open-project-vault.ts';
import { must, PROBE } from '../../helpers/rotation-project.ts';
import { addSlot } from '../../helpers/vault.ts';
import { expectClean, fuzz, HOW } from './fuzz.ts';
import { mutatedBytes, mutatedJsonText } from './mutations.ts';
import type { Json } from './mutations.ts';
import { COMMANDS, expectSound, LOOKS, makeScene } from './vault-scene.ts';
import type { Command, Scene } from './vault-scene.ts';

const THEIRS = 'development';

/** A record as he writes it, right or not. */
type Written = Pick<RecordRow, 'id' | 'body' | 'box'> & { readonly kind: KindName };

let scene: Scene;
/** Of a key for development alone, and of one for everything. */
let theirs: Uint8Array;
let everything: Uint8Array;
let rows: Written[];
let entries: string[];

// Some dozens of commands, on a machine that may be busy.
beforeAll(async () => {
  scene = await makeScene();
  const { project } = scene;
  project.write('config/dev.env', 'API_KEY={{secret:api_key}}\n');
  const asks = ['--probe', PROBE, '--header', 'Authorization: Bearer {{secret:api_key}}', '--test-command', 'true'];
  await must(project.knox(['route', 'add', 'config/dev.env', '-e', THEIRS, ...asks, '--yes']));
  await must(project.knox(['report', 'auth-failure', 'api_key', '-e', THEIRS]));
  const vault = await openProjectVault(project.folder);
  ({ secret: theirs } = await addSlot(vault, 'theirs', [THEIRS]));
  await vault.close();
  everything = parseKeyFile(readFileSync(join(project.folder, 'k.key'), 'utf8'), 'k.key').secret;
  copyFileSync(scene.file, scene.original);
  await scene.keep();
  scene.place(() => undefined);
  await Colleague.in(scene.file, theirs, async (colleague) => {
    const { transaction, head } = colleague;
    rows = [];
    for (const kind of KIND_NAMES) {
      const found = await transaction.page(colleague.idOf(THEIRS), kind, '', 100);
      rows.push(...found.map(({ id, body, box }) => ({ kind, id, body, box })));
    }
    entries = (await transaction.entries(1, head.seq, head.seq)).map(({ body }) => body);
  });
}, 600_000);
afterAll(() => scene.remove());

/** What he would put, with something else than knox writes. */
function changedRecord(): fc.Arbitrary<Written> {
  const boxes = rows.flatMap(({ box }) => (box === null ? [] : [box]));
  const own = fc.constantFrom(...rows);
  const text = own.chain((row) =>
    mutatedJsonText(fc.constant(JSON.parse(row.body) as Json)).map((body) => ({ ...row, body })),
  );
  const box = fc
    .constantFrom(...rows.filter((row) => row.box !== null))
    .chain((row) => mutatedBytes(fc.constant(row.box!)).map((bytes) => ({ ...row, box: bytes })));
  // What knox might have written, and never did: some fields of one that is there, or a whole one.
  const fields = own.chain(({ kind, id, body, box: before }) => {
    const now = JSON.parse(body) as Content<KindName>;
    const keys = Object.keys(now).filter((key) => !['id', 'name'].includes(key)) as (keyof Content<KindName>)[];
    return fc
      .tuple(ANY_RECORD[kind] as fc.Arbitrary<Content<KindName>>, fc.subarray(keys, { minLength: 1 }))
      .map(([other, taken]): Written => {
        const content = { ...now, ...Object.fromEntries(taken.map((key) => [key, other[key]])) } as typeof now;
        return {
          kind,
          id: typeof idOf(kind, content) === 'string' ? idOf(kind, content) : id,
          ...textOf(kind, content),
          box: before,
        };
      });
  });
  const names = [...new Set(rows.flatMap(({ kind, id }) => (kind === 'name' ? [id] : [])))];
  const whole = fc.constantFrom(...KIND_NAMES).chain((kind) =>
    fc
      .tuple(
        ANY_RECORD[kind] as fc.Arbitrary<Content<KindName>>,
        fc.option(fc.constantFrom(...names), { nil: null, freq: 4 }),
        fc.constantFrom(...boxes),
      )
      .map(([given, name, some]): Written => {
        const named = Object.fromEntries(['name', 'base'].filter((key) => key in given).map((key) => [key, name]));
        const content = name === null ? given : { ...given, ...named };
        return { kind, id: idOf(kind, content), ...textOf(kind, content), box: kind === 'value' ? some : null };
      }),
  );
  return fc.oneof(
    { weight: 3, arbitrary: text },
    { weight: 1, arbitrary: box },
    { weight: 4, arbitrary: fields },
    whole,
  );
}

function textOf(kind: KindName, content: Content<KindName>): { readonly body: string } {
  return { body: encodeRecord(kind, content) };
}

/** Where it hangs, if it says so itself. */
function placeOfText(kind: KindName, body: string): number | null {
  if (!PLACED.includes(kind)) return null;
  try {
    const { name, base } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return placeOf(String(kind === 'lineage' ? base : name));
  } catch {
    return 0;
  }
}

async function writeAll(changes: readonly Written[]): Promise<void> {
  await Colleague.in(scene.file, theirs, async (colleague) => {
    const realm = colleague.idOf(THEIRS);
    const { vault } = colleague.manifest;
    for (const { kind, id, body, box } of changes) {
      const digest = recordDigest({ vault, realm, kind, id }, colleague.seq, body, box);
      const place = placeOfText(kind, body);
      await colleague.transaction.put({ realm, kind, id, place, body, box, entry: colleague.seq, digest });
    }
    await colleague.finish({ [THEIRS]: await colleague.relist(THEIRS) });
  });
}

/** What is asked of the other environments is answered as before; of his own it is what he says, or a refusal. */
async function expectOthersUntouched(command: Command, hasKey: boolean): Promise<void> {
  if (command.givesValues !== true) {
    await expectSound(scene, command, hasKey, [5]);
    return;
  }
  const ran = await scene.run(command, true);
  const what = command.argv.join(' ');
  expectClean(ran.stderr);
  if (command.argv.includes(THEIRS)) expect([0, 4, 5, 8], `${what}: ${ran.stderr}`).toContain(ran.exit);
  else {
    const { exit, stdout } = scene.before.get(command)!;
    expect([ran.exit, ran.stdout.toString()], `${what}: ${ran.stderr}`).toEqual([exit, stdout.toString()]);
  }
}

const commands = fc.uniqueArray(fc.constantFrom(...COMMANDS), { minLength: 1, maxLength: 3 });

describe(`a holder of a key, ${HOW}`, () => {
  test('of development alone writes records', { timeout: 3_600_000 }, async () => {
    let written = 0;
    const inputs = fc.record({
      changes: fc.array(changedRecord(), { minLength: 1, maxLength: 2 }),
      chosen: commands,
      hasKey: fc.boolean(),
    });
    const ran = await fuzz(1200, inputs, async ({ changes, chosen, hasKey }) => {
      scene.place(() => undefined);
      await writeAll(changes)
        .then(() => (written += 1))
        .catch(() => undefined);
      for (const command of chosen) await expectOthersUntouched(command, hasKey);
    });
    expect(written).toBeGreaterThan(ran / 2);
  });

  test('of development alone appends entries', { timeout: 3_600_000 }, async () => {
    const body = fc.constantFrom(...entries).chain((text) => mutatedJsonText(fc.constant(JSON.parse(text) as Json)));
    await fuzz(500, fc.tuple(body, commands, fc.boolean()), async ([text, chosen, hasKey]) => {
      scene.place(() => undefined);
      await Colleague.in(scene.file, theirs, (colleague) => append(colleague, text));
      for (const command of chosen) await expectOthersUntouched(command, hasKey);
    });
  });

  test('of everything writes audit entries', { timeout: 3_600_000 }, async () => {
    const entry = fc
      .nat(entries.length - 1)
      .chain((index) =>
        mutatedJsonText(fc.constant(JSON.parse(entries[index]!) as Json)).map((body) => ({ index, body })),
      );
    await fuzz(1000, fc.tuple(entry, commands, fc.boolean()), async ([{ index, body }, chosen, hasKey]) => {
      scene.place((database) => database.prepare('DELETE FROM audit WHERE seq > ?').run(index));
      await Colleague.in(scene.file, everything, (colleague) => rewriteLog(colleague, index, body));
      for (const command of chosen) if (hasKey || LOOKS.includes(command)) await expectSound(scene, command, hasKey);
    });
  });
});

/** Any text as the next entry, with development's part of the head led to it, sealed and signed. */
async function append(colleague: Colleague, body: string): Promise<void> {
  const { manifest, head, ring, transaction, seq } = colleague;
  const { vault } = manifest;
  const hash = entryHash(vault, seq, head.hash, body);
  await transaction.appendEntry({ seq, body, hash, signature: signEntry(ring.signingSeed, vault, seq, hash) });
  const id = colleague.idOf(THEIRS);
  const place = { vault, realm: id, manifest: head.manifest };
  const part = sealedPart(ring.realmKey(THEIRS), place, { seq, hash, root: head.realms[id]!.root });
  const next: Head = { ...head, slot: ring.slot.id, seq, hash, realms: { ...head.realms, [id]: part } };
  await transaction.putHead(signedHead(next, vault, ring.signingSeed));
}

/** Puts another text into the log, which ends before it by now, and makes every hash after it, the chains of the realms, their seals and the head anew. */
async function rewriteLog(colleague: Colleague, index: number, body: string): Promise<void> {
  const { manifest, head, ring, transaction } = colleague;
  const { vault } = manifest;
  const hashes = [CHAIN_START];
  const stored = entries.with(index, body);
  for (const [at, text] of entries.entries())
    hashes.push(at < index ? entryHash(vault, at + 1, hashes[at]!, text) : '');
  for (let at = index; at < stored.length; at += 1) {
    const text = at === index ? body : relinked(stored[at]!, hashes);
    const seq = at + 1;
    const hash = entryHash(vault, seq, hashes[at]!, text);
    hashes[seq] = hash;
    const signature = seq === head.seq ? signEntry(ring.signingSeed, vault, seq, hash) : null;
    await transaction.appendEntry({ seq, body: text, hash, signature });
  }
  const parts = manifest.realms.map(({ id, name }) => {
    const { seq, root } = head.realms[id]!;
    const place = { vault, realm: id, manifest: head.manifest };
    return [id, sealedPart(ring.realmKey(name), place, { seq, hash: hashes[seq]!, root })] as const;
  });
  const next: Head = { ...head, hash: hashes[head.seq]!, realms: Object.fromEntries(parts) };
  await transaction.putHead(signedHead(next, vault, ring.signingSeed));
}

/** An entry whose realms go on from entries that have other hashes by now. */
function relinked(text: string, hashes: readonly string[]): string {
  const entry = JSON.parse(text) as { readonly realms: Readonly<Record<string, { readonly seq: number }>> };
  const realms = Object.entries(entry.realms).map(([id, step]) => [id, { ...step, hash: hashes[step.seq]! }] as const);
  return JSON.stringify({ ...entry, realms: Object.fromEntries(realms) });
}
