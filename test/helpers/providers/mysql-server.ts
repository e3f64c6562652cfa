/**
 * A MySQL server on loopback for what is about passwords: the real protocol (mysql2's server), logins by the current or the retained
 * password, and the statements that rotate one. All else is refused with MySQL's own error numbers. It can lose an answer after it did
 * what it was asked.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import mysql from 'mysql2';
import type { Connection } from 'mysql2';

export interface MysqlAccount {
  readonly user: string;
  readonly host: string;
  /** Hashes, as in mysql.user. */
  own: string;
  retained: string | null;
  metadata: Record<string, unknown>;
  readonly isAdmin: boolean;
  plugin: string;
}

export interface MysqlServer {
  readonly url: (user: string, password: string) => string;
  /** May do everything that is about accounts. */
  readonly admin: string;
  /** Statements that came, in order. */
  readonly statements: string[];
  /** Passwords that RANDOM PASSWORD made. */
  readonly generated: string[];
  readonly version: { text: string };
  /** The next so many answers to ALTER USER are lost on their way, and the next so many connections are refused. */
  readonly faults: { lost: number; busy: number; wrong: number };
  readonly add: (user: string, password: string) => MysqlAccount;
  /** Whether somebody would get in, without trying. */
  readonly letsIn: (url: string) => boolean;
  readonly run: (statement: string) => void;
  readonly close: () => Promise<void>;
}

export const MYSQL_ADMIN_PASSWORD = 'admin of mysql & more';

const sha1 = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
/** As mysql_native_password has it. */
const hashOf = (password: string) => `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html */
function isProof(token: Buffer, seed: Buffer, hash: string): boolean {
  const stored = Buffer.from(hash.slice(1), 'hex');
  const mask = sha1(seed, stored);
  return (
    token.length === mask.length && sha1(Buffer.from(token.map((byte, index) => byte ^ mask[index]!))).equals(stored)
  );
}

class SqlError extends Error {
  readonly number: number;
  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

type Row = Record<string, string>;

/** What mysql2's types leave out. */
interface Raw {
  readonly stream: Duplex;
  readonly on: (name: string, listener: unknown) => void;
  readonly writeColumns: (columns: object[]) => void;
  readonly writeTextRow: (row: string[]) => void;
  sequenceId: number;
}

const ALTER =
  /^ALTER USER `((?:[^`]|``)+)`@`((?:[^`]|``)+)` (DISCARD OLD PASSWORD|IDENTIFIED BY RANDOM PASSWORD|IDENTIFIED BY '((?:[^'\\]|''|\\.)*)'|IDENTIFIED WITH '(\w+)' AS 0x([0-9a-f]+))( RETAIN CURRENT PASSWORD)?(?: ATTRIBUTE '(\{[^'\\]*\})')?$/;
const LOOK =
  /^SELECT plugin, authentication_string, User_attributes FROM mysql\.user WHERE User = ('(?:[^'\\]|''|\\.)*') AND Host = ('(?:[^'\\]|''|\\.)*')$/;

const unquoted = (text: string) => text.slice(1, -1).replaceAll(/\\(.)|''/g, (_all, one?: string) => one ?? "'");

export async function startMysql(): Promise<MysqlServer> {
  const accounts: MysqlAccount[] = [];
  const sockets = new Set<Duplex>();
  const uuid = randomUUID();
  const faults = { lost: 0, busy: 0, wrong: 0 };
  const statements: string[] = [];
  const generated: string[] = [];
  const version = { text: '8.0.21' };
  const add = (user: string, password: string, isAdmin = false): MysqlAccount => {
    const plugin = 'mysql_native_password';
    const account = { user, host: '%', own: hashOf(password), retained: null, metadata: {}, isAdmin, plugin };
    accounts.push(account);
    return account;
  };
  add('root', MYSQL_ADMIN_PASSWORD, true);

  /** @returns rows where there are some */
  const alter = (match: RegExpExecArray): Row[] | null => {
    const [, user, host, how = '', plain, plugin, hex, retains, attribute] = match;
    const name = [user, host].map((part) => part!.replaceAll('``', '`'));
    const account = accounts.find((one) => one.user === name[0] && one.host === name[1]);
    if (account === undefined) throw new SqlError(1396, `Operation ALTER USER failed for '${name[0]}'@'${name[1]}'`);
    if (retains !== undefined && (how.startsWith('DISCARD') || hex !== undefined))
      throw new SqlError(1064, 'You have an error in your SQL syntax');
    if (plugin !== undefined && plugin !== account.plugin) account.retained = null;
    if (how.startsWith('DISCARD')) account.retained = null;
    else {
      if (plain === '' && retains !== undefined)
        throw new SqlError(
          3895,
          `Current password can not be retained for user '${user}'@'${host}' because new password is empty.`,
        );
      // An older one is thrown away by this, and only by this.
      if (retains !== undefined) account.retained = account.own;
      if (how.includes('RANDOM')) generated.push(`${randomBytes(12).toString('base64')}/@:%&?#`);
      if (hex !== undefined) account.own = Buffer.from(hex, 'hex').toString();
      else account.own = hashOf(plain === undefined ? generated.at(-1)! : unquoted(`'${plain}'`));
    }
    // As JSON_MERGE_PATCH: null takes away.
    const merged = { ...account.metadata, ...(JSON.parse(attribute ?? '{}') as object) };
    account.metadata = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    if (!how.includes('RANDOM')) return null;
    return [{ user: account.user, host: account.host, 'generated password': generated.at(-1)!, auth_factor: '1' }];
  };

  const perform = (statement: string, who: MysqlAccount): Row[] | null => {
    if (statement === 'SELECT 1') return [{ 1: '1' }];
    if (/^SET SESSION sql_mode = '', generated_random_password_length = \d+$/.test(statement)) return null;
    if (statement === 'SELECT CURRENT_USER() AS account, @@server_uuid AS server')
      return [{ account: `${who.user}@${who.host}`, server: uuid }];
    if (statement === 'SELECT VERSION() AS version, @@server_uuid AS server')
      return [{ version: version.text, server: uuid }];
    const look = LOOK.exec(statement);
    if (look !== null || statement === 'SELECT User_attributes FROM mysql.user LIMIT 1') {
      if (!who.isAdmin)
        throw new SqlError(1142, `SELECT command denied to user '${who.user}'@'localhost' for table 'user'`);
      const [user, host] = look === null ? [] : [unquoted(look[1]!), unquoted(look[2]!)];
      return accounts
        .filter((one) => look === null || (one.user === user && one.host === host))
        .map(({ plugin, own, retained, metadata }) => ({
          plugin,
          authentication_string: own,
          User_attributes: JSON.stringify({
            ...(retained === null ? {} : { additional_password: retained }),
            ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
          }),
        }));
    }
    const match = ALTER.exec(statement);
    if (match === null) throw new SqlError(1064, `You have an error in your SQL syntax near '${statement}' at line 1`);
    if (!who.isAdmin)
      throw new SqlError(
        1227,
        'Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation',
      );
    return alter(match);
  };

  const server = mysql.createServer((connection: Connection) => {
    const raw = connection as unknown as Raw;
    const { stream } = raw;
    sockets.add(stream);
    stream.on('close', () => sockets.delete(stream));
    raw.on('error', () => undefined);
    if (faults.busy > 0) {
      faults.busy -= 1;
      stream.destroy();
      return;
    }
    let who: MysqlAccount | undefined;
    const answer = (statement: string): void => {
      statements.push(statement);
      const isChange = statement.startsWith('ALTER');
      try {
        const rows = perform(statement, who!);
        if (isChange && faults.lost > 0) {
          faults.lost -= 1;
          stream.destroy();
        } else if (rows === null || (isChange && faults.wrong-- > 0)) connection.writeOk();
        else {
          const names = Object.keys(rows[0] ?? {});
          const column = { catalog: 'def', schema: '', table: '', orgTable: '', characterSet: 45, columnLength: 1024 };
          const shape = { columnType: 253, flags: 0, decimals: 0 };
          raw.writeColumns(names.map((name) => ({ ...column, ...shape, name, orgName: name })));
          for (const row of rows) raw.writeTextRow(Object.values(row));
          connection.writeEof();
        }
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        connection.writeError({ code: error.number, message: error.message });
      }
      // The next command begins anew, which mysql2's server does not see to.
      raw.sequenceId = 0;
    };
    raw.on('query', answer);
    // mysql2's server takes SET for a prepared statement.
    raw.on('stmt_prepare', answer);
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: version.text,
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      // All but SSL and compression, and none that mysql2's server does not know.
      capabilityFlags: 0xff_ff_ff & ~0x20 & ~0x8_00,
      authCallback: (
        shown: { user: string; authPluginData1: Buffer; authPluginData2: Buffer; authToken: Buffer },
        next: (error: null, refusal?: { message: string; code: number }) => void,
      ) => {
        const seed = Buffer.concat([shown.authPluginData1, shown.authPluginData2]).subarray(0, 20);
        const account = accounts.find(({ user }) => user === shown.user);
        const hashes = account === undefined ? [] : [account.own, account.retained];
        who = hashes.some((hash) => hash !== null && isProof(shown.authToken, seed, hash)) ? account : undefined;
        const message = `Access denied for user '${shown.user}'@'localhost' (using password: YES)`;
        next(null, who === undefined ? { message, code: 1045 } : undefined);
        raw.sequenceId = 0;
      },
    });
  });
  const port = await new Promise<number>((resolve) => {
    // Its callback is that of the server of node:net.
    const listen = server.listen.bind(server) as unknown as (...options: [number, string, () => void]) => void;
    listen(0, '127.0.0.1', function ready(this: NetServer) {
      resolve((this.address() as AddressInfo).port);
    });
  });
  const url = (user: string, password: string) =>
    `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/shop?charset=utf8mb4`;
  const root = accounts[0]!;
  return {
    url,
    admin: url('root', MYSQL_ADMIN_PASSWORD),
    statements,
    generated,
    version,
    faults,
    add,
    letsIn(text) {
      const { username, password } = new URL(text);
      const account = accounts.find(({ user }) => user === decodeURIComponent(username));
      return [account?.own, account?.retained].includes(hashOf(decodeURIComponent(password)));
    },
    run: (statement) => void perform(statement, root),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
