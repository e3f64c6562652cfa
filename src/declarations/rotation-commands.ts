/** Rotations. */
import type { CommandSpec } from './command-spec.ts';

export const ROTATION_COMMANDS: readonly CommandSpec[] = [];
