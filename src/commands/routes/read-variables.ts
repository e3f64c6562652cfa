/** `VAR=NAME` and `VAR=FILE` of `knox run`. */
import { errors } from '../../errors.ts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface Variable {
  readonly variable: string;
  /** The name of a secret, or of a file. */
  readonly from: string;
}

/** @throws usage */
export function readSecretVariable(text: string): Variable {
  return pairOf(text, '--secret', 'VAR=NAME');
}

/** @throws usage */
export function readMount(text: string): Variable {
  return pairOf(text, '--mount', 'VAR=FILE');
}

function pairOf(text: string, option: string, form: string): Variable {
  const at = text.indexOf('=');
  const [variable, from] = [text.slice(0, at), text.slice(at + 1)];
  if (at >= 1 && from !== '' && VARIABLE.test(variable)) return { variable, from };
  throw errors.usage(`${option} takes ${form}, VAR a variable's name`, `for example ${option} ${form}`);
}
