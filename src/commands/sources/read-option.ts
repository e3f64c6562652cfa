/** `--option KEY=VALUE` of `knox source set`. */
import { errors } from '../../errors.ts';
import { refuseLiteral } from '../../domain/refuse-literal.ts';

/** An option of such a name holds a credential, whatever it looks like. */
const SECRET_NAME = /(secret|password|passphrase|token|credential|api_?key|private_?key)$/i;

/** @throws usage, invalid_value for a credential that would be stored in the clear */
export function readOption(text: string): readonly [key: string, value: string] {
  const [, key, value] = /^([A-Za-z][A-Za-z0-9_-]*)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw errors.usage('--option takes KEY=VALUE', 'for example --option length=40');
  refuseLiteral(`--option ${key}`, value);
  if (SECRET_NAME.test(key) && !value.includes('{{secret:'))
    throw errors.invalid_value(
      `the option ${key} would be stored in the clear`,
      'store it as a secret: knox add NAME -e ENV',
      `and give a placeholder: --option ${key}='{{secret:NAME}}'`,
    );
  return [key, value];
}
