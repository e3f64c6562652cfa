/** How the page looks: on paper and screen, wide and narrow, light and dark. Fonts are those of the machine it is read on. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --sheet: #ffffff; --ink: #1c2126; --dim: #59626c; --line: #dfe1df; --soft: #f1f2ef;
  --blue: #2b5f8e; --ok: #1d6a43; --warn: #83500a; --bad: #a42a30;
  --bar-live: #3f78ab; --bar-gone: #a9b5bf; --bar-late: #c8464b; --grid: #e3e5e3; --alarm: #c8464b;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --sheet: #1a1e22; --ink: #e4e7ea; --dim: #a0a9b2; --line: #30363c; --soft: #20252a;
    --blue: #8dbbe8; --ok: #7fcf9f; --warn: #e2b366; --bad: #f3989a;
    --bar-live: #5f9bd1; --bar-gone: #56616b; --bar-late: #e2686c; --grid: #2a3036; --alarm: #e2686c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 68rem; padding: 0 1.5rem 3rem; background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.5 var(--sans); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2rem; margin: 0.1rem 0 1.25rem; letter-spacing: -0.01em; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 0.75rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0.5rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: var(--blue); text-underline-offset: 0.15em; }
a:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 2px; }
code, pre { font-family: var(--mono); font-size: 0.9em; }
h2 code, h3 code { font-size: 0.86em; font-weight: 600; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.65rem 0.85rem; white-space: pre-wrap; margin: 0.5rem 0; }
time, .word { white-space: nowrap; }
.clock { color: var(--dim); }
table .zone { display: none; }
.dim, .line, .arrow { color: var(--dim); }
.arrow { font: 400 0.9rem var(--sans); }
.entry { font: 0.94em var(--mono); color: var(--dim); white-space: nowrap; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--sheet); padding: 0.4rem 0.7rem; z-index: 1; }
.head { padding-top: 2.75rem; }
.kicker { margin: 0; color: var(--dim); font-size: 0.8125rem; letter-spacing: 0.06em; text-transform: uppercase; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--dim); font-size: 0.8125rem; }
.note { border-left: 3px solid; padding: 0.15rem 0 0.15rem 0.85rem; margin: 1.25rem 0 0; }
.note.ok { border-color: var(--ok); } .note.warn { border-color: var(--warn); }
.note.ok strong { color: var(--ok); } .note.warn strong { color: var(--warn); }
dl { margin: 0; } dt { color: var(--dim); } dd { margin: 0; }
.facts > div, .terms > div { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.75rem; padding: 0.15rem 0; }
.terms > div { grid-template-columns: 12rem 1fr; padding: 0.3rem 0; max-width: 58rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1rem; }
.figures > div { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 0.75rem 1rem 0.85rem; }
.figures dt { font-size: 0.8125rem; }
.figures dd { font-size: 0.875rem; color: var(--dim); }
.figures strong { display: block; font: 600 1.5rem/1.25 var(--serif); color: var(--ink); }
.figures .ok strong { color: var(--ok); } .figures .warn strong { color: var(--warn); } .figures .bad strong { color: var(--bad); }
.chip { display: inline-block; font: 500 0.78rem/1.35 var(--sans); padding: 0 0.45em; border: 1px solid; border-radius: 999px; white-space: nowrap; }
.chip.ok { color: var(--ok); } .chip.warn { color: var(--warn); } .chip.bad { color: var(--bad); } .chip.plain { color: var(--dim); }
h2 .chip, h3 .chip { vertical-align: 0.14em; margin-left: 0.35rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.8125rem; line-height: 1.4; margin: 0.75rem 0; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: 0.32rem 0.9rem 0.32rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--dim); font-weight: 500; border-bottom-color: var(--dim); white-space: nowrap; }
tbody th { font-weight: 500; }
td, th { min-width: 3rem; }
.overview td:nth-child(n+7), .overview th:nth-child(n+7) { text-align: right; }
.secret { border-top: 2px solid var(--ink); margin-top: 3rem; }
.secret > h2 { margin-top: 1rem; margin-bottom: 0.15rem; }
.line { margin-top: 0; }
td > div { min-width: 0; }
.overdue .clock { color: inherit; }
.overdue { margin: 0.5rem 0; padding: 0; list-style: none; color: var(--bad); }
.rotation { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem 1.1rem 0.4rem; margin: 1.25rem 0; }
.rotation h3 { margin-top: 0; }
.rotation .facts { font-size: 0.875rem; }
.rotation tbody th { width: 13rem; }
.rotation tbody tr:last-child > * { border-bottom: 0; }
.timeline { margin: 0.75rem 0 0.5rem; }
.timeline svg { display: block; overflow: visible; }
.timeline svg.over { overflow: visible; }
.tick { stroke: var(--grid); } .axis { fill: var(--dim); font: 11px var(--sans); }
.name { fill: var(--ink); font: 11.5px var(--mono); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.bar.live, i.live { fill: var(--bar-live); background: var(--bar-live); }
.bar.gone, i.gone { fill: var(--bar-gone); background: var(--bar-gone); }
.bar.withdrawn, i.withdrawn { fill: var(--paper); stroke: var(--dim); stroke-dasharray: 3 2; border: 1px dashed var(--dim); }
.bar.late, i.late { fill: var(--bar-late); background: var(--bar-late); }
.due { stroke: var(--ink); stroke-width: 1.5; }
.allowed { stroke: var(--bar-gone); stroke-dasharray: 1 3; stroke-width: 1.5; }
.mark { stroke: var(--paper); stroke-width: 1.5; }
.mark.moved { fill: var(--ink); } .mark.back { fill: var(--paper); stroke: var(--ink); } .mark.dead { fill: var(--ok); }
.incident { fill: var(--alarm); opacity: 0.22; } .alarm { fill: var(--alarm); }
figcaption { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; color: var(--dim); font-size: 0.78rem; margin-top: 0.25rem; }
.key { display: inline-flex; align-items: center; gap: 0.4rem; }
.key i { width: 14px; height: 8px; border-radius: 2px; flex: none; }
.key i.due { width: 2px; height: 14px; background: var(--ink); margin: 0 6px; }
.key i.moved { width: 9px; height: 9px; border-radius: 50%; background: var(--ink); margin: 0 2px; }
.key i.dead { width: 8px; height: 8px; border-radius: 0; background: var(--ok); transform: rotate(45deg); margin: 0 3px; }
.key i.alarm { width: 0; height: 0; border-radius: 0; border: 6px solid transparent; border-top: 10px solid var(--alarm); border-bottom: 0; }
@media screen and (max-width: 46rem) {
  body { padding: 0 1rem 2rem; }
  .head { padding-top: 1.75rem; }
  h1 { font-size: 1.6rem; }
  .facts > div, .terms > div { grid-template-columns: 1fr; gap: 0; padding: 0.25rem 0; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0.75rem; }
  table, tbody, tr, th, td { display: block; width: auto; }
  .rotation tbody th { width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  tbody th, tbody td { border: 0; padding: 0.05rem 0; }
  tbody th { font-size: 0.875rem; }
  tbody td { display: grid; grid-template-columns: 7rem 1fr; gap: 0.5rem; }
  tbody td.empty { display: none; }
  tbody td::before { content: attr(data-label); color: var(--dim); }
  .overview td:nth-child(n+7), .overview th:nth-child(n+7) { text-align: left; }
  .rotation { padding: 0.75rem 0.85rem 0.25rem; }
}
@page { size: A4; margin: 16mm 15mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #4d555e; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --sheet: #fff; --soft: #f5f5f3; --ink: #1c2126; --dim: #4d555e; --line: #d5d7d5;
    --blue: #2b5f8e; --ok: #1d6a43; --warn: #83500a; --bad: #a42a30;
    --bar-live: #3f78ab; --bar-gone: #a9b5bf; --bar-late: #c8464b; --grid: #e3e5e3; --alarm: #c8464b; }
  html { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 9pt; line-height: 1.35; }
  h2 { margin-top: 1.6rem; } h3 { margin-top: 1rem; }
  .rotation .facts { font-size: 8.5pt; }
  .head { padding-top: 0; }
  .skip { display: none; }
  a { color: inherit; text-decoration: none; }
  table { font-size: 7.5pt; line-height: 1.3; margin: 0.4rem 0; }
  th, td { padding: 0.16rem 0.6rem 0.16rem 0; }
  .rotation { margin: 0.8rem 0; }
  thead { display: table-header-group; }
  .figures { grid-template-columns: repeat(4, 1fr); gap: 0.6rem; }
  tr, figure, .figures, .facts, .terms > div, pre { break-inside: avoid; }
  h2, h3, .line, .facts { break-after: avoid; }
  .rotation { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0.5rem 0 0; }
  .rotation tbody th { width: 11rem; white-space: nowrap; }
  .clock { color: inherit; }
}
`;
