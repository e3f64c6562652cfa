/** `knox completion`: the script for a shell; and what that script asks for, which never fails and never prints an error. */
import { complete } from '../../completion/candidates.ts';
import type { Table } from '../../completion/candidates.ts';
import { completionScript } from '../../completion/scripts.ts';
import { vaultNames } from '../../completion/vault-names.ts';
import type { Run } from '../../command-line/command.ts';
import { SHELLS } from '../../domain/choices.ts';
import { printable } from '../../domain/printable.ts';
import { errors } from '../../errors.ts';
import type { Completion } from './declared.ts';

export const completion: Run<Completion> = async (_context, given) => {
  const shell = SHELLS.find((one) => one === given.shell);
  if (shell === undefined)
    throw errors.usage(`unknown shell; completion is available for ${SHELLS.join(', ')}`, 'knox completion bash');
  const script = completionScript(shell);
  return { json: { shell, script }, bytes: Buffer.from(script) };
};

/** `knox __complete -- WORD…`: the handler for this table. */
export function completing(table: Table): Run<{ readonly words: readonly string[] }> {
  return async (context, { words }) => {
    try {
      const vault = valueOf(words, '--vault') ?? context.variable('KNOX_VAULT');
      const { candidates, also } = await complete(table, words, vaultNames(vault, context.io.cwd));
      const lines = candidates.map(({ text, about }) => `${text}\t${printable(about)}`);
      return { text: [...lines, ...(also === null ? [] : [`\t${also}`])].join('\n') };
    } catch {
      return {};
    }
  };
}

function valueOf(words: readonly string[], option: string): string | null {
  const joined = words.find((word) => word.startsWith(`${option}=`));
  const at = words.indexOf(option);
  return joined?.slice(option.length + 1) ?? (at === -1 ? null : (words[at + 1] ?? null));
}
