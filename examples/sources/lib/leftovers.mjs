/** For a provider that shows a new value once: what a lost answer left there is of no use to anybody, and is removed. */

/**
 * The action `find`: removes what the attempt made and nobody knows the value of, and finds nothing, so that `create` makes another.
 *
 * @param {(request: import('./protocol.mjs').Request) => Promise<void>} removeLeftovers
 */
export function findNothing(removeLeftovers) {
  return async (request) => {
    await removeLeftovers(request);
    return {};
  };
}
