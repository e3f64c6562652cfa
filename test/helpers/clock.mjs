/** Loaded before the program (`node --import`): this process's clock is ahead by the milliseconds in `KNOX_AHEAD_FILE`. */
import { readFileSync } from 'node:fs';

const ahead = Number(readFileSync(process.env.KNOX_AHEAD_FILE, 'utf8'));
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [RealDate.now() + ahead] : parts));
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
