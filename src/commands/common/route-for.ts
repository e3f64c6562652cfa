/** What to type once a value is stored that no file uses yet. */
import { SHARED } from '../../domain/environment-name.ts';

/** @param environment where the value is; for a shared one, any */
export function routeFor(name: string, environment: string): string {
  return `knox route add FILE -e ${environment === SHARED ? 'ENV' : environment}  (FILE holds {{secret:${name}}})`;
}
