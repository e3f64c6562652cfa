/**
 * A program that has a vault's file, every older copy of it, and perhaps a key for staging, and does what it likes with rows, lists, log and
 * head. What production says afterwards to whoever holds its key alone is what it said at one moment, whole, or exit 8: where the newest
 * moment was seen, that one. No program runs that production did not have at that moment.
 */
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Head, RealmPart } from '../../src/vault/documents/head.ts';
import { Vault } from '../../src/vault/opening/vault.ts';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { makeAttackScene } from './attack-scene.ts';
import type { AttackScene } from './attack-scene.ts';
import type { Colleague } from './colleague.ts';
import { TABLE_KEYS } from './vandal.ts';
import { runKnox } from './run-knox.ts';

/** One thing that is done; numbers choose among what there is. */
export type Deed =
  | { readonly do: 'older row'; readonly table: string; readonly moment: number; readonly row: number }
  | { readonly do: 'no row'; readonly table: string; readonly row: number }
  | {
      readonly do: 'other cell';
      readonly table: string;
      readonly row: number;
      readonly from: number;
      readonly column: number;
    }
  | { readonly do: 'older table'; readonly table: string; readonly moment: number }
  | { readonly do: 'older realm'; readonly realm: 'staging' | 'production' | 'shared'; readonly moment: number }
  /** With a key: field of a record, of any realm. */
  | {
      readonly do: 'own record';
      readonly realm: 'staging' | 'production' | 'shared';
      readonly row: number;
      readonly field: number;
      readonly from: number;
    }
  | { readonly do: 'lists'; readonly realm: 'staging' | 'production' | 'shared' }
  | {
      readonly do: 'entry';
      readonly names: readonly ('staging' | 'production' | 'shared')[];
      /** Whose part of the head is from which moment, or has the root of now under an old seal. */
      readonly part: 'as it is' | 'older' | 'own root';
      readonly moment: number;
      readonly back: number;
    };

const realm = fc.constantFrom('staging' as const, 'production' as const, 'shared' as const);
const table = fc.constantFrom(...Object.keys(TABLE_KEYS));
const n = fc.nat(60);

/** Without a key: rows alone. */
export const vandalism: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant('older row' as const), table, moment: n, row: n }),
  fc.record({ do: fc.constant('no row' as const), table, row: n }),
  fc.record({ do: fc.constant('other cell' as const), table, row: n, from: n, column: n }),
  fc.record({ do: fc.constant('older table' as const), table, moment: n }),
  fc.record({ do: fc.constant('older realm' as const), realm, moment: n }),
);
/** With a key for staging besides. */
export const forgery: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 3, arbitrary: vandalism },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('own record' as const), realm, row: n, field: n, from: n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lists' as const), realm }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('entry' as const),
      names: fc.subarray(['staging', 'production', 'shared'] as const, { minLength: 1 }),
      part: fc.constantFrom('as it is' as const, 'older' as const, 'own root' as const),
      moment: n,
      back: fc.nat(3),
    }),
  },
);

/** A log that was turned back gives values with a warning: whoever wants none of them says so. */
const FRESH = { KNOX_REQUIRE_FRESH: '1' };

/** What production's holder asks. Each prints what is production's alone. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['get', 'db_password@current', '-e', 'production'],
  ['get', 'analytics_id', '-e', 'production'],
  ['render', 'app.env', '-e', 'production'],
  ['route', 'test', 'app.env', '-e', 'production'],
];

export class ForgerScene {
  readonly #scene: AttackScene;
  readonly #moments: string[] = [];
  /** For each moment, what each question answers, and which program ran. */
  readonly #answers: (readonly string[])[] = [];
  readonly #base: string;
  readonly #key: string;
  #runs = 0;
  #seen: string | null = null;

  private constructor(scene: AttackScene, base: string, key: string) {
    this.#scene = scene;
    this.#base = base;
    this.#key = key;
  }

  /** What production said at each moment. */
  get answers(): readonly (readonly string[])[] {
    return this.#answers;
  }

  /** A vault with a history of some moments, at most of which production changes. */
  static async make(): Promise<ForgerScene> {
    const scene = await makeAttackScene();
    const base = join(scene.folder, '..');
    const must = async (
      argv: readonly string[],
      stdin = '',
      person: 'admin' | 'colleague' = 'admin',
    ): Promise<string> => {
      const ran = await scene.as(person, argv, { stdin });
      if (ran.exit !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr}`);
      return ran.stdout.toString();
    };
    const key = join(base, 'production.key');
    const { publicKey } = JSON.parse(await must(['key', 'new', key, '--json'])) as { publicKey: string };
    const given = [
      'key',
      'add',
      '--recipient',
      publicKey,
      '--env',
      'production,shared',
      '--label',
      'production',
      '--json',
    ];
    const { identity } = JSON.parse(await must(given)) as { identity: string };
    writeFileSync(key, `${readFileSync(key, 'utf8')}${identity}\n`, { mode: 0o600 });
    const made = new ForgerScene(scene, base, key);
    scene.write('app.env', 'P={{secret:db_password}}\nR={{secret:region_token}}\n');
    const route = (mark: string): string[] => [
      'route',
      'add',
      'app.env',
      '-e',
      'production',
      '--test-command',
      `cat > ran-${mark}`,
    ];
    await must(route('one'));
    await made.#keep();
    await must(['set', 'db_password', '--note', 'changed once']);
    await must(['add', 'only_staging', '-e', 'staging'], 'a-staging-value-01', 'colleague');
    await made.#keep();
    await must(route('two'));
    await made.#keep();
    await must(['delete', 'analytics_id', '-e', 'production', '--yes']);
    await must(['add', 'analytics_id', '-e', 'production'], 'second-analytics-id');
    await made.#keep();
    await must(['set', 'db_password', '--note', 'staging again', '--owner', 'ops'], '', 'colleague');
    await must(['report', 'auth-failure', 'db_password', '-e', 'production', '--count', '4']);
    await made.#keep();
    await must(route('three'));
    await made.#keep();
    made.#seen = await made.#see();
    return made;
  }

  async #keep(): Promise<void> {
    this.#moments.push(this.#scene.copy());
    this.#answers.push(await this.#ask(null));
  }

  /** @param memory of the machine: a state folder, which is left as it is; null for one that has seen nothing */
  async #ask(memory: string | null): Promise<string[]> {
    const answers: string[] = [];
    const { folder, now, file } = this.#scene;
    const state = join(this.#base, 'state-of-asking');
    const kept = `${file}.asked`;
    copyFileSync(file, kept);
    for (const argv of QUESTIONS) {
      for (const name of readdirSync(folder)) if (name.startsWith('ran-')) rmSync(join(folder, name));
      rmSync(state, { recursive: true, force: true });
      if (memory !== null) cpSync(memory, state, { recursive: true });
      const env = { KNOX_KEY_FILE: this.#key, XDG_STATE_HOME: state, PATH: process.env['PATH'] ?? '' };
      const more = { KNOX_TRUST_COMMANDS: 'first key', ...FRESH };
      const ran = await runKnox(folder, argv, '', { ...env, ...more }, { now: () => now });
      const programs = readdirSync(folder).filter((name) => name.startsWith('ran-'));
      if (![0, 1, 4, 6, 8].includes(ran.exit)) throw new Error(`${argv.join(' ')}: exit ${ran.exit}: ${ran.stderr}`);
      const told = programs.length === 0 ? 'no' : 'no, and a program ran';
      answers.push(ran.exit === 0 ? `${ran.stdout.toString()} ${programs.join(' ')}` : told);
      // What a question records is no part of the next one.
      copyFileSync(kept, file);
    }
    rmSync(kept);
    return answers;
  }

  /** What a machine remembers that has seen the vault as it lies there, and could check production. */
  async #see(): Promise<string> {
    this.#runs += 1;
    const state = join(this.#base, `state-seen-${this.#runs}`);
    const store = await SqliteStore.open(this.#scene.file);
    const { secret, identity } = parseKeyFile(readFileSync(this.#key, 'utf8'), 'the test');
    try {
      const vault = await Vault.open({
        store,
        unlock: { kind: 'key', secret, identity, source: 'the test' },
        trusted: null,
        expectedHead: null,
        memory: new HeadMemory(join(state, 'knox')),
        now: () => this.#scene.now,
        actor: 'test',
        warn: () => undefined,
      });
      await vault.rememberIdentity();
    } finally {
      await store.close();
    }
    return state;
  }

  /**
   * Does these deeds to the newest vault, and asks.
   * @param key whether the program has the one for staging
   * @returns what is wrong, or null
   */
  async attempt(deeds: readonly Deed[], key: boolean): Promise<string | null> {
    const { file } = this.#scene;
    copyFileSync(this.#moments.at(-1)!, file);
    let head: Head | null = null;
    for (const deed of deeds) head = (await this.#do(deed, key, head)) ?? head;
    const newest = this.#answers.at(-1)!;
    const known = await this.#ask(this.#seen);
    const wrong = known.findIndex((answer, index) => answer !== 'no' && answer !== newest[index]);
    if (wrong >= 0) return `who saw the newest got ${known[wrong]} for ${QUESTIONS[wrong]!.join(' ')}`;
    const fresh = await this.#ask(null);
    const isOneMoment = this.#answers.some((then) =>
      fresh.every((answer, index) => answer === 'no' || answer === then[index]),
    );
    return isOneMoment ? null : `a machine that saw nothing got what production never said: ${JSON.stringify(fresh)}`;
  }

  async #do(deed: Deed, hasKey: boolean, head: Head | null): Promise<Head | null> {
    if (deed.do === 'own record' || deed.do === 'lists' || deed.do === 'entry') {
      if (!hasKey) return null;
      return this.#forge(deed, head);
    }
    const database = new Database(this.#scene.file);
    database.unsafeMode(true);
    try {
      this.#vandalise(database, deed);
    } catch (error) {
      // A row that a constraint does not take is one that he cannot make; of a manifest that is gone or garbled he reads nothing.
      if (!(error instanceof Database.SqliteError) && !(error instanceof SyntaxError)) throw error;
    } finally {
      database.close();
    }
    return null;
  }

  #moment(number: number): string {
    return this.#moments[number % this.#moments.length]!;
  }

  #vandalise(database: Database.Database, deed: Exclude<Deed, { do: 'own record' | 'lists' | 'entry' }>): void {
    if (deed.do === 'older realm') {
      database.prepare('ATTACH ? AS old').run(this.#moment(deed.moment));
      const manifest = JSON.parse(String(database.prepare('SELECT body FROM manifest').pluck().get())) as {
        realms: { id: string; name: string }[];
      };
      const id = manifest.realms.find(({ name }) => name === deed.realm)?.id ?? '';
      for (const name of ['record', 'value', 'node']) {
        database.prepare(`DELETE FROM main.${name} WHERE realm = ?`).run(id);
        database.prepare(`INSERT INTO main.${name} SELECT * FROM old.${name} WHERE realm = ?`).run(id);
      }
      return;
    }
    const keys = TABLE_KEYS[deed.table]!;
    if (deed.do === 'older table') {
      database.prepare('ATTACH ? AS old').run(this.#moment(deed.moment));
      database.exec(`DELETE FROM main.${deed.table}; INSERT INTO main.${deed.table} SELECT * FROM old.${deed.table}`);
      return;
    }
    const rows = database.prepare(`SELECT * FROM ${deed.table} ORDER BY ${keys.join(', ')}`).all() as Record<
      string,
      unknown
    >[];
    if (rows.length === 0) return;
    const row = rows[deed.row % rows.length]!;
    const where = keys.map((key) => `"${key}" = ?`).join(' AND ');
    const own = keys.map((key) => row[key]);
    if (deed.do === 'no row') database.prepare(`DELETE FROM ${deed.table} WHERE ${where}`).run(...own);
    else if (deed.do === 'other cell') {
      const columns = Object.keys(row);
      const column = columns[deed.column % columns.length]!;
      const from = rows[deed.from % rows.length]!;
      database.prepare(`UPDATE OR REPLACE ${deed.table} SET "${column}" = ? WHERE ${where}`).run(from[column], ...own);
    } else {
      database.prepare('ATTACH ? AS old').run(this.#moment(deed.moment));
      const old = database.prepare(`SELECT * FROM old.${deed.table} ORDER BY ${keys.join(', ')}`).all() as Record<
        string,
        unknown
      >[];
      const then = old[deed.row % old.length];
      if (then === undefined) return;
      const columns = Object.keys(then);
      database
        .prepare(
          `INSERT OR REPLACE INTO main.${deed.table} (${columns.map((one) => `"${one}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        )
        .run(...Object.values(then));
    }
  }

  /** @returns the head that he signed, if any */
  async #forge(deed: Extract<Deed, { do: 'own record' | 'lists' | 'entry' }>, last: Head | null): Promise<Head | null> {
    try {
      return (await this.#scene.forge('colleague', async (found) => {
        const colleague = last === null ? found : found.from(last);
        if (deed.do === 'lists') {
          await colleague.relist(deed.realm);
          return null;
        }
        if (deed.do === 'own record') {
          await this.#putRecord(colleague, deed);
          return null;
        }
        const roots: Record<string, string> = {};
        for (const name of deed.names) roots[name] = await colleague.relist(name);
        const older = new Database(this.#moment(deed.moment), { readonly: true });
        const then = JSON.parse(String(older.prepare('SELECT body FROM head').pluck().get())) as Head;
        older.close();
        const parts: Record<string, Partial<RealmPart>> = {};
        const production = colleague.idOf('production');
        if (deed.part === 'older') parts['production'] = then.realms[production]!;
        if (deed.part === 'own root') parts['production'] = { root: await colleague.relist('production') };
        const seq = colleague.head.seq - deed.back;
        const row = deed.back === 0 ? null : await colleague.transaction.entry(seq);
        const base = row === null ? colleague : colleague.from({ seq, hash: row.hash });
        if (row !== null) await colleague.transaction.entry(seq + 1);
        return base.finish(roots, { parts });
      })) as Head | null;
    } catch {
      // What even his own program cannot make of what lies there.
      return null;
    }
  }

  async #putRecord(colleague: Colleague, deed: Extract<Deed, { do: 'own record' }>): Promise<void> {
    const id = colleague.idOf(deed.realm);
    const rows = [];
    for (const kind of KIND_NAMES)
      if (kind !== 'value') rows.push(...(await colleague.transaction.page(id, kind, '', 100)));
    if (rows.length === 0) return;
    const row = rows[deed.row % rows.length]!;
    const other = rows[deed.from % rows.length]!;
    const content = JSON.parse(row.body) as Record<string, unknown>;
    const from = JSON.parse(other.body) as Record<string, unknown>;
    const fields = Object.keys(content);
    const field = fields[deed.field % fields.length]!;
    const values = Object.values(from);
    const changed = {
      ...content,
      [field]: Object.hasOwn(from, field) ? from[field] : values[deed.from % values.length],
    };
    await colleague.put(row.kind as 'use', deed.realm, changed as never);
  }

  remove(): void {
    this.#scene.remove();
  }
}
