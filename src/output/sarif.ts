/** Findings as SARIF 2.1.0, which code hosts and editors read. The library is loaded when it is asked for. */
import { pathToFileURL } from 'node:url';
import type { Located } from './located.ts';

const LEVEL = { error: 'error', warning: 'warning', info: 'note' } as const;

/** @param version of knox @param root absolute, what the files are relative to */
export async function sarifText(found: readonly Located[], version: string | null, root: string): Promise<string> {
  const { SarifBuilder, SarifResultBuilder, SarifRuleBuilder, SarifRunBuilder } = await import('node-sarif-builder');
  const run = new SarifRunBuilder().initSimple({ toolDriverName: 'knox', toolDriverVersion: version ?? '' });
  if (version === null) delete run.run.tool.driver.version;
  for (const code of [...new Set(found.map((one) => one.code))].toSorted())
    run.addRule(new SarifRuleBuilder().initSimple({ ruleId: code, shortDescriptionText: code.replaceAll('-', ' ') }));
  for (const { code, severity, message, hint, file, line, column } of found) {
    const result = new SarifResultBuilder().initSimple({
      level: LEVEL[severity],
      ruleId: code,
      messageText: `${message}\n${hint}`,
    });
    if (file !== null) {
      const region =
        line === null ? {} : { region: { startLine: line, ...(column === null ? {} : { startColumn: column }) } };
      const uri = file.split('/').map(encodeURIComponent).join('/');
      result.result.locations = [{ physicalLocation: { artifactLocation: { uri, uriBaseId: 'ROOT' }, ...region } }];
    }
    run.addResult(result);
  }
  run.run.originalUriBaseIds = { ROOT: { uri: `${pathToFileURL(root).href.replace(/\/$/, '')}/` } };
  const sarif = new SarifBuilder();
  sarif.addRun(run);
  return sarif.buildSarifJsonString({ indent: true });
}
