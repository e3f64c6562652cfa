/**
 * Guards: refusals that a person may override by name, with a reason that is recorded (exit 7). A guard is
 * asked where it applies; what was overridden is remembered here for the audit entry.
 */
import { errors, FIXED_GUARDS, FORCEABLE_GUARDS, needsReason } from '../errors.ts';
import type { Guard, KnoxError } from '../errors.ts';

export type Force = Guard | 'vault_exists';

/** What some command may be forced past. */
export const FORCEABLE: readonly Force[] = [...FORCEABLE_GUARDS, 'vault_exists'];

export class Guards {
  readonly reason: string | null;
  readonly #named: ReadonlySet<string>;
  readonly #isBare: boolean;
  readonly #overridden = new Set<Force>();

  /** @param named the guards of `--force`; @param isBare `--force` without a name */
  constructor(named: Iterable<string> = [], isBare = false, reason: string | null = null) {
    this.#named = new Set(named);
    this.#isBare = isBare;
    this.reason = reason;
  }

  /** Reads `--force` and `--reason` as they were given. @param forceable what this command may be forced past @throws usage */
  static parse(
    force: string | true | undefined,
    reason: string | undefined,
    forceable: readonly Force[] = FORCEABLE_GUARDS,
  ): Guards {
    const said = reason === undefined || reason.trim() === '' ? null : reason;
    if (force === undefined) return new Guards([], false, said);
    const names = force === true ? [] : force.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !(forceable as readonly string[]).includes(name));
    if (unknown !== undefined) {
      const isFixed = (FIXED_GUARDS as readonly string[]).includes(unknown);
      throw errors.usage(
        isFixed ? `${unknown} cannot be forced` : 'unknown guard for --force',
        `guards: ${forceable.join(', ')}`,
      );
    }
    if (said === null) throw needsReason('--force');
    return new Guards(names, force === true, said);
  }

  /** The same with one more guard named; what is overridden is remembered there, not here. */
  with(guard: Guard): Guards {
    return new Guards([...this.#named, guard], this.#isBare, this.reason);
  }

  /** Whether a guard was named, without counting it as overridden. */
  names(guard: Force): boolean {
    return this.#named.has(guard);
  }

  /** Refuses, unless the guard was named. @throws what `refusal` makes, usage for a bare --force */
  refuse(guard: Force, refusal: () => KnoxError): void {
    if (this.#named.has(guard)) {
      this.#overridden.add(guard);
      return;
    }
    const error = refusal();
    if (this.#isBare)
      throw errors.usage(`--force must name its guard: ${error.message}`, `--force ${guard} --reason TEXT`);
    throw error;
  }

  /** For the audit entry: what was overridden and why; null where nothing was. */
  record(): { forced: string[]; reason: string | null } | null {
    return this.#overridden.size === 0 ? null : { forced: [...this.#overridden], reason: this.reason };
  }

  /** What was overridden so far stands in the log: what comes later is not put down to it. */
  settle(): void {
    this.#overridden.clear();
  }
}
