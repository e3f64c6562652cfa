/** Every command; under each task of the help in this order. */
import type { CommandSpec } from './command-line/command.ts';
import { KEEPING_COMMANDS, MIGRATE_COMMANDS } from './commands/keeping/declared.ts';
import { KEY_COMMANDS } from './commands/keys/declared.ts';
import { ROTATION_COMMANDS } from './commands/rotations/declared.ts';
import { ROUTE_COMMANDS } from './commands/routes/declared.ts';
import { SECRET_COMMANDS } from './commands/secrets/declared.ts';
import { SOURCE_COMMANDS } from './commands/sources/declared.ts';
import { DEMO_COMMANDS, DOCTOR_COMMANDS, SHELL_COMMANDS } from './commands/tools/declared.ts';
import { ENVIRONMENT_COMMANDS, SETTING_COMMANDS, TRUST_COMMANDS, VAULT_COMMANDS } from './commands/vault/declared.ts';
import {
  AUDIT_COMMANDS,
  CHECK_COMMANDS,
  EVIDENCE_COMMANDS,
  NOTIFY_COMMANDS,
  REPORT_COMMANDS,
  SCAN_COMMANDS,
  STATUS_COMMANDS,
} from './commands/watching/declared.ts';

export const COMMANDS: readonly CommandSpec[] = [
  ...VAULT_COMMANDS,
  ...DEMO_COMMANDS,
  ...ENVIRONMENT_COMMANDS,
  ...SECRET_COMMANDS,
  ...MIGRATE_COMMANDS,
  ...ROUTE_COMMANDS,
  ...ROTATION_COMMANDS,
  ...SOURCE_COMMANDS,
  ...STATUS_COMMANDS,
  ...CHECK_COMMANDS,
  ...SCAN_COMMANDS,
  ...AUDIT_COMMANDS,
  ...EVIDENCE_COMMANDS,
  ...NOTIFY_COMMANDS,
  ...REPORT_COMMANDS,
  ...KEY_COMMANDS,
  ...TRUST_COMMANDS,
  ...KEEPING_COMMANDS,
  ...SETTING_COMMANDS,
  ...DOCTOR_COMMANDS,
  ...SHELL_COMMANDS,
];
