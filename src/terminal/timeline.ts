/** Looks at something over a span of time as one line of signs: `●●·●✘●····`. Pure functions to text. */
import type { Style } from './style.ts';

export interface Look {
  /** ISO time. */
  readonly at: string;
  readonly passed: number;
  readonly failed: number;
}

/** The most signs that a line has: at 48 hours one stands for two. */
const MOST_CELLS = 24;

/**
 * @param from ISO time of the left edge
 * @param to of the right edge
 * @param width columns that there are
 */
export function timeline(looks: readonly Look[], from: string, to: string, width: number, style: Style): string {
  const cells = Math.max(1, Math.min(MOST_CELLS, width));
  const begin = Date.parse(from);
  const span = Math.max(1, Date.parse(to) - begin);
  const found = Array.from({ length: cells }, () => ({ passed: 0, failed: 0 }));
  for (const { at, passed, failed } of looks) {
    const place = Math.floor(((Date.parse(at) - begin) / span) * cells);
    const cell = found[Math.max(0, Math.min(cells - 1, place))]!;
    cell.passed += passed;
    cell.failed += failed;
  }
  const { symbols } = style;
  return found
    .map(({ passed, failed }) => {
      if (failed > 0) return style.error(symbols.barFailed);
      return passed > 0 ? style.ok(symbols.barDone) : style.dim(symbols.separator);
    })
    .join('');
}
