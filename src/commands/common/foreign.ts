/** A value that another tool encrypted, or would fill in, is stored as it is: somebody may mean it. They are told. */
import type { Context } from '../../context.ts';
import { foreignValue } from '../../domain/foreign-value.ts';
import { revealText } from '../../domain/plaintext.ts';
import type { Plaintext } from '../../domain/plaintext.ts';

/** @param what whose value it is, such as `api_key for staging` */
export function warnOfForeign(context: Context, what: string, value: Plaintext): void {
  const foreign = foreignValue(revealText(value) ?? '');
  if (foreign !== null) context.warn('foreign_value', `the value of ${what} is ${foreign.what}`);
}
