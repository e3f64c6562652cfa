/** Age against policy as a few signs: `●●○○○`; nothing where text is read out. Pure functions to text. */
import type { Style } from './style.ts';

const CELLS = 5;

/** @param created ISO time @param due ISO time; null where there is no schedule */
export function ageBar(created: string, due: string | null, now: Date, style: Style): string {
  if (due === null || style.isReadOut) return '';
  const [from, to] = [Date.parse(created), Date.parse(due)];
  const part = to <= from ? 1 : (now.getTime() - from) / (to - from);
  // The last one is filled only when it is due.
  const filled = part >= 1 ? CELLS : Math.max(0, Math.min(CELLS - 1, Math.floor(part * CELLS)));
  return style.symbols.barDone.repeat(filled) + style.symbols.barTodo.repeat(CELLS - filled);
}
