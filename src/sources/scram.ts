/**
 * What PostgreSQL stores for a password (RFC 5803, SCRAM-SHA-256). Made here, so that a password stands in no statement, and in no log
 * that a server may keep of statements.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's own count. */
const ITERATIONS = 4096;

/** @param password characters of ASCII, which need no preparation */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest();
  const parts = [salt, stored, key('Server Key')].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${ITERATIONS}:${parts[0]}$${parts[1]}:${parts[2]}`;
}
