/** The report as one page of HTML that needs nothing else: no network, no script, printable. */
import { auditEntries } from '../domain/counted.ts';
import { createHash } from 'node:crypto';
import { Markup, markup } from './markup.ts';
import { entryMark, figures, moment, overview, readingGuide, vaultExceptions, verifySection } from './page-parts.ts';
import { secretSection } from './page-secret.ts';
import { STYLE } from './page-style.ts';
import type { Evidence } from './types.ts';

export function pageText(evidence: Evidence): string {
  const { from, to, vault, identity, at, verified, secrets, entries } = evidence;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = `Secret rotation, ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the report</a>
<header class="head">
<p class="kicker">Evidence of secret rotation</p>
<h1>${from.slice(0, 10)} to ${to.slice(0, 10)}</h1>
<dl class="facts">
<div><dt>Vault</dt><dd><code>${vault}</code></dd></div>
<div><dt>Identity</dt><dd><code>${identity}</code></dd></div>
<div><dt>Period</dt><dd>${moment(from)} to ${moment(to)}</dd></div>
<div><dt>Made</dt><dd>${moment(at)}, from ${auditEntries(entries)}</dd></div>
</dl>
${verified ? VERIFIED : NOT_VERIFIED}
</header>
<main id="content">
${figures(evidence)}
${overview(evidence)}
${vaultExceptions(evidence)}
${secrets.map((secret) => secretSection(secret, evidence))}
${verifySection(evidence)}
${readingGuide()}
</main>
<footer><p>Made by knox. ${entryMark(1)} stands for the first entry of the audit log, and so on.</p></footer>
</body>
</html>
`.text;
}

const VERIFIED = markup`<p class="note ok"><strong>Verified.</strong> The report was made with a key for every environment: each record that it shows was verified, and the audit log was verified from its signed head to its first entry.</p>`;
const NOT_VERIFIED = markup`<p class="note warn"><strong>Not verified.</strong> The report was made without a key for every environment: the audit log was verified from its signed head to its first entry, but other facts are shown as stored. <a href="#verify">How to verify</a></p>`;
