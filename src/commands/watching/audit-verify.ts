/** `knox audit verify`: the log from its first entry, who wrote it, and every record against it. */
import type { Run } from '../../command-line/command.ts';
import { counted } from '../../domain/counted.ts';
import { errors } from '../../errors.ts';
import { parseIdentity } from '../../vault/trust/identity.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { verifyAudit } from '../../vault/verifying/verify-audit.ts';
import type { AuditVerify } from './declared.ts';

export const auditVerify: Run<AuditVerify> = async (context, { identity: given }) => {
  const expected = given === null ? null : await parseIdentity(given);
  if (expected !== null) context.expectIdentity();
  const vault = await context.vault('look');
  const isKnown = expected === null || (await isIdentity(vault, expected));
  if (!isKnown) {
    throw errors.vault_damaged(`this vault has another identity: ${vault.manifest.identity}`);
  }
  const report = await context.longWork('nothing was verified', async (step) =>
    vault.read((view) => verifyAudit(view, (done, of) => step(`Verifying the audit log: ${done} of ${of}`))),
  );
  const { entries, head, identity, brokenAt, reason, verifiedRows, unverifiedRows } = report;
  const json = { entries, head, identity, brokenAt, verifiedRows };
  if (brokenAt !== null)
    return { json, error: errors.audit_broken(`the audit log does not verify at entry ${brokenAt}: ${reason}`) };
  vault.rememberVerified();
  const open = unverifiedRows === 0 ? '' : `, ${unverifiedRows} without their seal (no key for them)`;
  const rows = `${counted(verifiedRows, 'record')} verified${open}`;
  return {
    json,
    text: `${counted(entries, 'entry verifies', 'entries verify')}; ${rows}\nIdentity: ${identity}\nKNOX_HEAD=${entries}:${head}`,
  };
};

function isIdentity(vault: Vault, identity: string): Promise<boolean> {
  return vault.read((view) => view.isIdentity(identity));
}
