/** Routes: registering, checking, testing and rendering them. */
import type { CommandSpec } from './command-spec.ts';

export const ROUTE_COMMANDS: readonly CommandSpec[] = [];
