/** Whether an address's host is this machine, by its spelling alone. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** A network of one's own: RFC 1918, 6598, 3927, 4193 and 4291, by the first bytes. */
const NEAR_V4 =
  /^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
const NEAR_V6 = /^(?:::1?$|f[cd]|fe[89ab]|::ffff:)/i;
/** Ends of names that no public one has: RFC 6761, 6762, 8375, and the ones that networks choose. */
const NEAR_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa)$/i;

/**
 * Whether a host is this machine or in its own network, by its spelling alone: what is sent there may be an order to something that trusts
 * this machine.
 * @param host of an address, with or without its port; a socket's path; empty for the default one
 */
export function isNearHost(host: string): boolean {
  // What is written in another way than a host is, the program that connects may read in its own.
  if (host === '' || /[^\w.:[\]-]/.test(host)) return true;
  const bare =
    /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1] ?? (/^[^:]*(?::\d*)?$/.test(host) ? host.replace(/:\d*$/, '') : host);
  if (bare.includes(':')) return NEAR_V6.test(bare);
  const name = bare.replace(/\.$/, '');
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return NEAR_V4.test(name);
  // Odd spellings of numbers, such as 0x7f.1, are left to no resolver.
  return NEAR_NAME.test(name) || /(?:^|\.)(?:0x[\da-f]*|\d+)$/i.test(name) || !name.includes('.');
}
