/** A folder that points to a vault outside of it: whether it was used with that vault before is remembered by whoever finds vaults. */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import { errors } from '../../errors.ts';

export interface PointingFolder {
  readonly root: string;
  readonly vaultFile: string;
  /** @param vault its id */
  isKnown(vault: string): boolean;
  remember(vault: string): void;
}

/**
 * @param folder null where the vault lies in the folder, or was named
 * @throws untrusted_vault where it was not used with that vault before
 */
export function requireFolder(
  folder: PointingFolder | null,
  { vault, identity }: { readonly vault: string; readonly identity: string },
): void {
  if (folder === null || folder.isKnown(vault)) return;
  throw errors.untrusted_vault(
    textOf(folder),
    `to let this folder use the values of that vault: knox trust ${identity}`,
    'to use another vault: --vault FILE',
  );
}

/** Values are given out there: nothing of the folder gets them by itself. */
export function warnOfFolder(
  { folder = null, warn }: { folder?: PointingFolder | null; warn: (code: WarningCode, message: string) => void },
  { vault }: { readonly vault: string },
): void {
  if (folder !== null && !folder.isKnown(vault)) warn('untrusted_vault', textOf(folder));
}

function textOf({ root, vaultFile }: PointingFolder): string {
  return `${root} has not been used with the vault ${vaultFile} before, which is outside of it`;
}
