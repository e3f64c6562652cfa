/** Names of which the realms that one can read say different things. Each goes by its own, so nothing breaks by it; somebody should know. */
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord } from '../vault/records/kinds.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** What two realms may not say differently, and how each is said. */
const WORDS: readonly ((record: NameRecord) => string)[] = [
  ({ base, version }) => `version ${version} of ${base}`,
  ({ kind }) => `of kind ${kind}`,
  ({ realm, shared }) => (realm === SHARED || shared !== null ? 'shared' : 'a value of its own'),
];

/** @param standing live and withdrawn names, as each realm says, in the vault's order */
export function disagreements(view: View, standing: readonly NameRecord[]): Finding[] {
  const readable = standing.filter(({ realm }) => view.ring === null || view.canRead(realm));
  return [...Map.groupBy(readable, ({ name }) => name)].flatMap(([name, records]) => {
    const differing = WORDS.filter((word) => new Set(records.map(word)).size > 1);
    if (differing.length === 0) return [];
    const said = records.map((record) => `${record.realm}: ${differing.map((word) => word(record)).join(', ')}`);
    return [
      finding('disagree', {
        secret: name,
        message: `environments disagree about ${name} (${said.join('; ')})`,
        hint: hintFor(name, records),
      }),
    ];
  });
}

/** The kind can be set; what belongs elsewhere can be taken back and added again. */
function hintFor(name: string, records: readonly NameRecord[]): string {
  const [first] = records as [NameRecord];
  const isKindAlone = WORDS.every((word, index) => index === 1 || new Set(records.map(word)).size === 1);
  return isKindAlone
    ? `if ${first.realm} is right: knox set ${name} --kind ${first.kind}`
    : `see who changed it: knox audit ${name}`;
}
