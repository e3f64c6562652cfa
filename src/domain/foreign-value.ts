/** Values that are none: what another tool encrypted, and references that another tool fills in. */

export interface Foreign {
  /** For a sentence: `encrypted by SOPS`. */
  readonly what: string;
  /** What prints the plain text of FILE. */
  readonly command?: string;
  /** What else to do. */
  readonly hint?: string;
}

const VALUES: readonly (readonly [RegExp, Foreign])[] = [
  [/^ENC\[AES256_GCM,/, { what: 'encrypted by SOPS', command: 'sops decrypt FILE' }],
  [/^encrypted:[A-Za-z0-9+/=_-]{16,}$/, { what: 'encrypted by dotenvx', command: 'dotenvx decrypt -f FILE --stdout' }],
  [/^op:\/\/[^/\s]+\/[^/\s]/, { what: 'a 1Password reference', command: 'op inject -i FILE' }],
  [/^ref\+[a-z0-9]+:\/\//, { what: 'a vals reference', command: 'vals eval -f FILE' }],
  [
    /^(?:bws|doppler|infisical|keeper|pass|akv|gsm|awssm|vault):\/\/\S/,
    { what: 'a reference to another secret store', hint: 'let that tool fill in the file first' },
  ],
  [/^vault:[\w-]+\/\S+#\w/, { what: 'a HashiCorp Vault reference', hint: 'let that tool fill in the file first' }],
  [/^\$\{\{.*\}\}$/, { what: 'a pipeline expression', hint: 'use the value itself' }],
  [/^\{\{[ \t]*secret[ \t]*:/, { what: 'a knox placeholder', hint: 'its value is already in a vault: leave it out' }],
];

const FILES: readonly (readonly [RegExp, Foreign])[] = [
  [/^\0GITCRYPT\0/, { what: 'encrypted by git-crypt', hint: 'git-crypt unlock' }],
  [
    /^(?:age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/,
    { what: 'encrypted by age', command: 'age --decrypt -i KEY FILE' },
  ],
  [/^\$ANSIBLE_VAULT;/, { what: 'encrypted by ansible-vault', command: 'ansible-vault view FILE' }],
  [/^-----BEGIN PGP MESSAGE-----/, { what: 'encrypted by PGP', command: 'gpg --decrypt FILE' }],
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n/,
    { what: 'a Git LFS pointer, not the file itself', hint: 'git lfs pull' },
  ],
];
const SEALED = /^[ \t]*"?kind"?[ \t]*:[ \t]*"?SealedSecret\b/m;

/** Of one value. */
export function foreignValue(value: string): Foreign | null {
  const text = value.trim();
  return VALUES.find(([pattern]) => pattern.test(text))?.[1] ?? foreignFile(Buffer.from(value));
}

/** Of a whole file. */
export function foreignFile(bytes: Uint8Array): Foreign | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1');
  const found = FILES.find(([pattern]) => pattern.test(start))?.[1];
  if (found !== undefined) return found;
  return SEALED.test(start) && start.includes('encryptedData')
    ? { what: 'a SealedSecret, which only its cluster can open', hint: 'use the values from before they were sealed' }
    : null;
}
