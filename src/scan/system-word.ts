/** The system's word for what failed, without what was tried. */
import { systemError } from '../errors.ts';

export function systemWord(error: unknown): string {
  return systemError('', error).message.replace(/^: /, '');
}
