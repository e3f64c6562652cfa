/** What a rotation needs of whoever has it run, and what it answers. */
import type { WarningCode } from '../domain/reference/warnings.ts';
import type { KnoxError } from '../errors.ts';
import { settingsOf } from '../vault/keys/settings.ts';
import { describeRotation } from './describe-rotation.ts';
import type { RotationView } from './describe-rotation.ts';
import type { Rotation } from './rotation.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { Answers, Guide, Stop, Surroundings, Work } from './types.ts';

/** Whoever has rotations run: a command, a test. */
export interface Runner extends Surroundings {
  /** Who leads through one. @param isYes everything that was planned is agreed to */
  readonly guide: (isYes: boolean) => Promise<Guide>;
  /** Works on a rotation, and has those told of what became of it who want to be. @param isAttended somebody sits there */
  readonly watch: <T>(rotation: Rotation, isAttended: boolean, work: () => Promise<T>) => Promise<T>;
  /** Tells at once what is not to be missed. */
  readonly warn: (code: WarningCode, text: string) => void;
}

/** What one run of a rotation came to. */
export interface RunResult {
  /** The rotation as it stands now. */
  readonly view: RotationView;
  /** Why it went no further. */
  readonly stop: Stop;
  /** Whether somebody sat there who could be asked. */
  readonly isAttended: boolean;
}

export async function workOf(runner: Runner, rotation: Rotation, answers: Answers, guide: Guide): Promise<Work> {
  const { vault, root, project, services, running, sleep, moments } = runner;
  const settings = settingsOf(vault);
  return { vault, rotation, root, project, settings, services, running, sleep, moments, guide, answers };
}

export async function resultOf(work: Work, stop: Stop): Promise<RunResult> {
  return { view: await describe(work), stop, isAttended: work.guide.canAsk };
}

export function describe({ vault, rotation, moments }: Work): Promise<RotationView> {
  return vault.read((view) => describeRotation(view, rotation, moments));
}

export function errorOf({ stop }: RunResult): KnoxError | null {
  return stop.kind === 'failed' ? stop.error : null;
}

/** What it needs there: nobody was there to be asked. Null where it needs nobody, or somebody was. */
export function wantOf({ stop, isAttended }: RunResult): Needs | null {
  return stop.kind === 'waits' && stop.needs.kind !== 'time' && !isAttended ? stop.needs : null;
}
