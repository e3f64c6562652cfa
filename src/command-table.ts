/** Every command, in the order of the help. */
import type { CommandSpec } from './declarations/command-spec.ts';
import { EVIDENCE_COMMANDS } from './declarations/evidence-commands.ts';
import { KEEPING_COMMANDS } from './declarations/keeping-commands.ts';
import { ROTATION_COMMANDS } from './declarations/rotation-commands.ts';
import { ROUTE_COMMANDS } from './declarations/route-commands.ts';
import { SCAN_COMMANDS } from './declarations/scan-commands.ts';
import { SECRET_COMMANDS } from './declarations/secret-commands.ts';
import { WATCH_COMMANDS } from './declarations/watch-commands.ts';
import { UPKEEP_COMMANDS } from './declarations/upkeep-commands.ts';
import { VAULT_COMMANDS } from './declarations/vault-commands.ts';

export type { CommandSpec, Handler, OptionLine, OptionValues } from './declarations/command-spec.ts';

export const COMMANDS: readonly CommandSpec[] = [
  ...VAULT_COMMANDS,
  ...SECRET_COMMANDS,
  ...ROUTE_COMMANDS,
  ...ROTATION_COMMANDS,
  ...SCAN_COMMANDS,
  ...WATCH_COMMANDS,
  ...EVIDENCE_COMMANDS,
  ...KEEPING_COMMANDS,
  ...UPKEEP_COMMANDS,
];
