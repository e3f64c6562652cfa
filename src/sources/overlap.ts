/** An overlap as text: `30d`, `none`, `unlimited`. */
import { parseDuration, shortDuration } from '../domain/duration.ts';
import type { Overlap } from './source.ts';

/** @throws usage */
export function parseOverlap(text: string): Overlap {
  return text === 'none' || text === 'unlimited' ? text : parseDuration(text);
}

export function overlapText(overlap: Overlap): string {
  return typeof overlap === 'number' ? shortDuration(overlap) : overlap;
}
