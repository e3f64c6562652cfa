/** Readers of the options of these commands. */
import { errors } from '../../errors.ts';

const MOST = 100_000;
const LONGEST_SOURCE = 200;

/** `--limit` of `audit`. @throws usage */
export function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw errors.usage('--limit takes a number', 'for example --limit 100');
}

/** `--count` of `report auth-failure`. @throws usage */
export function readCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST) return count;
  throw errors.usage(`--count takes a whole number from 1 to ${MOST}`, 'for example --count 12');
}

/** `--source` of `report auth-failure`. @throws usage */
export function readSource(text: string): string {
  if (text.length <= LONGEST_SOURCE) return text;
  throw errors.usage(`--source takes ${LONGEST_SOURCE} characters at most`, 'for example --source "gateway log"');
}

/** `--html` of `evidence`. @throws usage */
export function readPageName(text: string): string {
  if (text !== '') return text;
  throw errors.usage('--html needs a file name', 'for example --html evidence.html');
}
