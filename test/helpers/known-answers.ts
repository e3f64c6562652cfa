/** Reads the known answers that `test/interop/known-answers.py` made. */
import { readFileSync } from 'node:fs';
import type { GrantBinding } from '../../src/crypto/grant.ts';
import type { ValuePlace } from '../../src/crypto/envelope.ts';
import type { KeyTextKind } from '../../src/crypto/key-text.ts';
import type { SealedPart, VouchedText } from '../../src/crypto/audit-chain.ts';
import type { SignedUse } from '../../src/crypto/use-line.ts';

/** A record, and its digest. */
interface KnownRecord {
  readonly id: string;
  readonly entry: number;
  readonly body: string;
  readonly digest: string;
}

export interface KnownAnswers {
  readonly frames: readonly {
    readonly fields: readonly (string | number | { readonly hex: string })[];
    readonly frame: string;
  }[];
  readonly keyTexts: readonly { readonly kind: KeyTextKind; readonly key: string; readonly text: string }[];
  readonly slot: {
    readonly secret: string;
    readonly boxSecret: string;
    readonly signingSeed: string;
    readonly publicKey: string;
  };
  readonly commitment: { readonly key: string; readonly commitment: string };
  readonly values: readonly {
    readonly place: ValuePlace;
    readonly length: number;
    readonly key: string;
    readonly size: number;
    readonly box: string;
  }[];
  readonly grant: {
    readonly binding: GrantBinding;
    readonly slotSecret: string;
    readonly grantedKey: string;
    readonly sealed: string;
    readonly rootSealed: string;
    readonly hash: string;
  };
  readonly passphrase: {
    readonly passphrase: string;
    readonly normalised: string;
    readonly vault: string;
    readonly slot: string;
    readonly salt: string;
    readonly memory: number;
    readonly passes: number;
    readonly lanes: number;
    readonly secret: string;
    readonly identity: string;
    readonly wrapped: string;
  };
  readonly records: {
    readonly vault: string;
    readonly realm: string;
    readonly name: KnownRecord;
    readonly value: KnownRecord & { readonly box: string };
    readonly route: KnownRecord;
    readonly place: number;
    readonly umlautPlace: number;
    readonly placeDigest: string;
    readonly kindDigest: string;
    readonly nodeList: string;
    readonly nodeDigest: string;
    readonly rootList: string;
    readonly rootDigest: string;
    readonly emptyRoot: { readonly list: string; readonly digest: string };
  };
  readonly seal: {
    readonly realmKey: string;
    readonly sealKey: string;
    readonly part: SealedPart;
    readonly seal: string;
  };
  readonly use: { readonly seed: string; readonly use: SignedUse; readonly signature: string };
  readonly vouch: { readonly seed: string; readonly vouched: VouchedText; readonly signature: string };
  readonly chain: {
    readonly vault: string;
    readonly entries: readonly { readonly body: string; readonly hash: string }[];
  };
  readonly signatures: {
    readonly body: string;
    readonly vault: string;
    readonly rootSeed: string;
    readonly identity: string;
    readonly manifest: string;
    readonly manifestHash: string;
    readonly slotSeed: string;
    readonly slotKey: string;
    readonly head: string;
    readonly entry: { readonly seq: number; readonly hash: string; readonly signature: string };
    readonly link: {
      readonly seq: number;
      readonly next: string;
      readonly generation: number;
      readonly signature: string;
    };
  };
}

export const KNOWN = JSON.parse(
  readFileSync(new URL('../fixtures/crypto-known-answers.json', import.meta.url), 'utf8'),
) as KnownAnswers;

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
