/**
 * Where new values come from and where old ones are revoked: one file a kind behind this interface, listed in `kinds.ts`. Whoever calls
 * writes the attempt down before `create`, so that a credential whose answer was lost is found again by `find`, or named.
 */
import type { WarningCode } from '../domain/reference/warnings.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import type { KnoxError } from '../errors.ts';

/** How long old and new live side by side: seconds, for ever, or not at all. */
export type Overlap = number | 'unlimited' | 'none';

/** The kind has no way to do it, or the program does not know the action. */
export const UNSUPPORTED = Symbol('unsupported');
export type Unsupported = typeof UNSUPPORTED;

export type Life = 'live' | 'dead' | 'unknown';

/** A value and what its provider calls it. */
export interface Credential {
  readonly value: Plaintext;
  readonly handle: string | null;
}

export interface Created extends Credential {
  /** Null where the source does not say. */
  readonly overlap: Overlap | null;
  /** For the person, such as a public key: never a part of the value. */
  readonly notes: readonly string[];
  /** Making it used the old one up: there is no way back to it. */
  readonly consumesOld?: boolean;
}

/** Thrown by `create` where it is certain that nothing was made and nothing used up: the attempt needs no looking after. */
export class NothingMade extends Error {
  readonly reason: KnoxError;
  constructor(reason: KnoxError) {
    super(reason.message);
    this.reason = reason;
  }
}

export interface SourceServices {
  /** The vault's root. */
  readonly root: string;
  readonly fetch: typeof fetch;
  /** Variables for programs, without those that open a vault. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signals: NodeJS.EventEmitter | null;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => Date;
  /** Tells a person what is not a failure. */
  readonly warn?: (code: WarningCode, text: string) => void;
}

/** One request, for one secret in one environment. Holds values: never logged. */
export interface SourceRequest {
  /** The base of the secret. */
  readonly secret: string;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly rotation: string | null;
  /** The same for a call that was cut off and its repetition. */
  readonly attempt: string | null;
  /** What takes the place of the credential that is asked about, where there is one: it may be what opens the provider. */
  readonly replacement: Credential | null;
  /** Rendered for the environment. */
  readonly options: ReadonlyMap<string, Plaintext>;
  /** Options that are the secret itself, as it is at each moment: with them its new value ends the old one. */
  readonly following?: ReadonlySet<string>;
  /** What went into the options: to be masked in whatever a provider says. */
  readonly secrets: readonly MaskedSecret[];
  readonly services: SourceServices;
}

/** Every method throws source_failed, or cancelled by a signal. All but `create` may be called again. */
export interface Source {
  /** Whether `create` uses the old value up, so that it is neither tried out nor done twice without a person's word. */
  readonly isSpending?: (request: SourceRequest) => boolean;
  /** When the credential runs out by itself (ISO time), where that is known. */
  readonly endsAt?: (old: Credential) => string | null;
  /** Looks at the options beside the value, and asks nobody. @throws usage */
  readonly check?: (request: SourceRequest, old: Credential) => void;
  /** Whether it would work, without making anything. */
  readonly test: (request: SourceRequest, old: Credential | null) => Promise<Overlap | null>;
  readonly create: (request: SourceRequest, old: Credential | null) => Promise<Created>;
  /** What an attempt made whose answer was lost; null where it made nothing. */
  readonly find: (request: SourceRequest) => Promise<Created | null | Unsupported>;
  /** When the credential was last used (ISO time), as the provider sees it; null for never. */
  readonly usage: (request: SourceRequest, old: Credential) => Promise<string | null | Unsupported>;
  /** Whether it still works, as the provider says; what it cannot tell is `unknown`, and no proof. */
  readonly lifeOf?: (request: SourceRequest, old: Credential) => Promise<Life | Unsupported>;
  /** Makes it refused in a way that `enable` takes back. */
  readonly disable: (request: SourceRequest, old: Credential) => Promise<void | Unsupported>;
  readonly enable: (request: SourceRequest, old: Credential) => Promise<void | Unsupported>;
  /** For good. One that is gone already is not a failure. */
  readonly revoke: (request: SourceRequest, old: Credential) => Promise<void | Unsupported>;
}
