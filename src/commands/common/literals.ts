/** What is stored in the clear may not hold a credential: it is refused before anything is opened. */
import type { OptionValues } from '../../declarations/command-spec.ts';
import { literalCredential } from '../../domain/literal-credential.ts';
import { errors } from '../../errors.ts';

/** @throws invalid_value */
export function refuseLiterals(options: OptionValues, keys: readonly string[]): void {
  for (const key of keys) refuseLiteral(`--${key}`, options[key] as string | undefined);
}

/** @throws invalid_value */
export function refuseLiteral(option: string, text: string | null | undefined): void {
  const found = text === null || text === undefined ? null : literalCredential(text);
  if (found === null) return;
  throw errors.invalid_value(
    `${option} holds ${found}, and is stored in the clear`,
    'store it as a secret: knox add NAME -e ENV',
    'and where a placeholder can stand, put {{secret:NAME}}',
  );
}
