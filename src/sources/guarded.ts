/** A source that is asked nothing before it was allowed: what it runs or where it sends something may have been registered by others. */
import type { Source } from './source.ts';

/** @param allow throws where it may not be asked here; called before each question, outside of any transaction */
export function guarded(source: Source, allow: () => Promise<void>): Source {
  const { lifeOf } = source;
  const after =
    <A extends unknown[], T>(ask: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await allow();
      return ask(...args);
    };
  return {
    ...source,
    test: after(source.test),
    create: after(source.create),
    find: after(source.find),
    usage: after(source.usage),
    ...(lifeOf === undefined ? {} : { lifeOf: after(lifeOf) }),
    disable: after(source.disable),
    enable: after(source.enable),
    revoke: after(source.revoke),
  };
}
