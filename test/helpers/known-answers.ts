/** Reads the known answers that `test/interop/known-answers.py` made. */
import { readFileSync } from 'node:fs';
import type { GrantBinding } from '../../src/crypto/grant.ts';
import type { ValuePlace } from '../../src/crypto/envelope.ts';
import type { KeyTextKind } from '../../src/crypto/key-text.ts';
import type { TaggedUse } from '../../src/crypto/use-tag.ts';

type Json = string | number | null | { readonly hex: string };

export interface KnownAnswers {
  readonly frames: readonly {
    readonly fields: readonly (string | number | { readonly hex: string })[];
    readonly frame: string;
  }[];
  readonly keyTexts: readonly { readonly kind: KeyTextKind; readonly key: string; readonly text: string }[];
  readonly slot: { readonly secret: string; readonly publicKey: string };
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
    readonly grantedKey: string;
    readonly publicKey: string;
    readonly secret: string;
    readonly sealed: string;
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
  readonly use: { readonly environmentKey: string; readonly use: TaggedUse; readonly tag: string };
  readonly rows: {
    readonly key: string;
    readonly rowKey: string;
    readonly digestKey: string;
    readonly tag: {
      readonly vault: string;
      readonly table: string;
      readonly entry: number;
      readonly cells: readonly Json[];
      readonly tag: string;
    };
    readonly digest: {
      readonly vault: string;
      readonly environment: string;
      readonly rows: readonly { readonly table: string; readonly id: string; readonly tag: string }[];
      readonly digest: string;
    };
    readonly emptyDigest: string;
  };
  readonly slots: {
    readonly vault: string;
    readonly slots: readonly Readonly<Record<string, Json>>[];
    readonly grants: readonly { readonly slot: string; readonly key: string; readonly sealed: Json }[];
    readonly digest: string;
  };
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
    readonly auditSeed: string;
    readonly auditKey: string;
    readonly head: string;
  };
}

export const KNOWN = JSON.parse(
  readFileSync(new URL('../fixtures/crypto-known-answers.json', import.meta.url), 'utf8'),
) as KnownAnswers;

/** A cell of the answers: bytes stand there as `{hex}`. */
export function plain(cell: Json): string | number | Uint8Array | null {
  return typeof cell === 'object' && cell !== null ? fromHex(cell.hex) : cell;
}
export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
