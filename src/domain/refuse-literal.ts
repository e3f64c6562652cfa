/** What is stored in the clear may not hold a credential: it is refused before anything is opened. */
import { errors } from '../errors.ts';
import { literalCredential } from './literal-credential.ts';

/** @param what whose text it is: `--note` @throws invalid_value */
export function refuseLiteral(what: string, text: string): void {
  const found = literalCredential(text);
  if (found === null) return;
  throw errors.invalid_value(
    `${what} holds ${found} and would be stored in the clear`,
    'store it as a secret: knox add NAME -e ENV',
    'then use {{secret:NAME}} where a placeholder is allowed',
  );
}
