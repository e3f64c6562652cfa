/** Messages of D-Bus: what is written is read back, and whatever comes from the other side is a message, an error, or waited for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CALL, decodeMessage, encodeMessage, WireError } from '../../src/keyring/d-bus-wire.ts';
import type { Message } from '../../src/keyring/d-bus-wire.ts';

const MESSAGE: Message = {
  type: CALL,
  serial: 7,
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Collection',
  member: 'CreateItem',
  destination: 'org.freedesktop.secrets',
  signature: 'a{sv}(oayays)bua(us)',
  body: [
    [
      ['label', { signature: 's', value: 'a vault é' }],
      ['attributes', { signature: 'a{ss}', value: [['application', 'knox']] }],
    ],
    ['/session/1', Buffer.from([1, 2, 3]), Buffer.alloc(0), 'text/plain'],
    true,
    4_000_000_000,
    [],
  ],
};
const BYTES = encodeMessage(MESSAGE);

test('what is written is read back; a variant as its value', () => {
  const [properties, secret, isReplacing, number, none] = MESSAGE.body;
  const plain = (properties as [string, { value: unknown }][]).map(([name, { value }]) => [name, value]);
  expect(decodeMessage(Buffer.concat([BYTES, Buffer.from('more')]))).toEqual({
    length: BYTES.length,
    message: { ...MESSAGE, body: [plain, secret, isReplacing, number, none] },
  });
});

test('a number is where the specification has it: the bytes of a call', () => {
  const call = encodeMessage({ type: CALL, serial: 1, path: '/a', member: 'M', signature: 'y', body: [9] });
  // Little-endian, call, no flags, version 1; one byte of body; serial 1; 39 bytes of fields, padded to 40.
  const fields = ['01016f00020000002f61000000000000', '03017300010000004d00000000000000', '08016700017900'].join('');
  expect(call.toString('hex')).toBe(`6c010001010000000100000027000000${fields}0009`);
});

test('one that is not there as a whole is waited for', () => {
  for (let length = 0; length < BYTES.length; length += 1) expect(decodeMessage(BYTES.subarray(0, length))).toBe(null);
});

test('whatever bytes come, it is a message, an error of this format, or waited for', () => {
  const change = fc.tuple(fc.nat(BYTES.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(BYTES);
      for (const [at, byte] of changes) bytes[at] = byte;
      try {
        decodeMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 2000 },
  );
});
