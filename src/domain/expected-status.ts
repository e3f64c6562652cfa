/** Which statuses of an answer are as they should be: `200`, or `200-299`. */
import { errors } from '../errors.ts';

export interface Expect {
  readonly from: number;
  readonly to: number;
}

const DEFAULT_EXPECT: Expect = { from: 200, to: 399 };

/** @throws usage */
export function parseExpect(text: string | null): Expect {
  if (text === null) return DEFAULT_EXPECT;
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || from > to)
    throw errors.usage('--expect takes a status or a range', 'for example 200, or 200-299');
  return { from, to };
}
