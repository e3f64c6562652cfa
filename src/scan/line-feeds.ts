/** Counting line feeds, four bytes at a time. */
const LF = 0x0a;
const LFS = 0x0a_0a_0a_0a;
const LOW = 0x7f_7f_7f_7f;

/** How many stand from `from` up to, not including, `to`. @param words the same memory */
export function countLineFeeds(bytes: Uint8Array, words: Int32Array, from: number, to: number): number {
  let count = 0;
  let at = from;
  for (; at < to && at % 4 !== 0; at += 1) if (bytes[at] === LF) count += 1;
  const lastWord = to >>> 2;
  let word = at >>> 2;
  while (word < lastWord) {
    // A byte of the sum holds 255 at most.
    const end = Math.min(lastWord, word + 255);
    let sum = 0;
    for (; word < end; word += 1) {
      const off = words[word]! ^ LFS;
      sum += (~(((off & LOW) + LOW) | off | LOW) >>> 7) & 0x01_01_01_01;
    }
    count += (sum & 0xff) + ((sum >>> 8) & 0xff) + ((sum >>> 16) & 0xff) + (sum >>> 24);
    at = word << 2;
  }
  for (; at < to; at += 1) if (bytes[at] === LF) count += 1;
  return count;
}
