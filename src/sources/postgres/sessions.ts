/** Sessions of a role: how many there are, and their end. */
import type { Admin } from './connection.ts';
import { tryOut } from './connection.ts';

/** A session that was asked to end does so at its next step: that many looks, a tenth of a second apart. */
const LOOKS = 50;

/** Sessions of a role that are open now. */
export async function sessionsOf({ client }: Admin, role: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_catalog.pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
    [role],
  );
  return rows[0]!.count;
}

/** Ends a role's sessions, in a transaction. @returns how many live on, since they may not be ended or do not end */
export async function endSessions(admin: Admin, oid: string): Promise<number> {
  const { client } = admin;
  for (let look = 0; ; look++) {
    // Within a transaction the server shows what it saw first.
    await client.query('SELECT pg_stat_clear_snapshot()');
    const { rows } = await client.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE usesysid = $1::oid AND pid <> pg_backend_pid()',
      [oid],
    );
    if (rows.length === 0 || look === LOOKS) return rows.length;
    let isRefused = false;
    for (const { pid } of rows) {
      const end = async (): Promise<void> => void (await client.query('SELECT pg_terminate_backend($1)', [pid]));
      isRefused = (await tryOut(admin, end)) !== null || isRefused;
    }
    if (isRefused) return rows.length;
    await client.query('SELECT pg_sleep(0.1)');
  }
}
