package html

// styleHash is the hash of style in the Content Security Policy, so that no other
// style applies. The test prints the new value after a change of style.
const styleHash = "sha256-cWPruVyXGayQwQDwZoWCVxQkK++sRxvTe/BbAFyOnmc="

// style is the style sheet. Colors are variables, which the dark scheme and paper
// replace. Text has a contrast of at least 4.5 to its background, parts of pictures one
// of 3 (WCAG 2.2, 1.4.3 and 1.4.11).
const style = `
:root {
  color-scheme: light dark;
  --text: #1d2430; --soft: #4c5666; --page: #f6f7f9; --card: #ffffff; --line: #d5dae2; --code: #eef2f8; --accent: #1552a8;
  --good: #156b33; --good-bg: #e3f4e8; --doubtful: #7a5200; --doubtful-bg: #fff3d6; --bad: #a81b1b; --bad-bg: #fde8e8;
  --pass: #2f8f4e; --none: #8a93a1; --neutral: #5b7fb0; --softfail: #b98000; --fail: #cc3b3b; --temperror: #8256c0; --permerror: #a5398c; --rest: #e6e9ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e8ef; --soft: #a9b3c2; --page: #14171c; --card: #1c2129; --line: #38404d; --code: #2a313d; --accent: #8db8ff;
    --good: #7fd99a; --good-bg: #16301f; --doubtful: #f0c256; --doubtful-bg: #332b14; --bad: #ff9c9c; --bad-bg: #3b1d1f;
    --pass: #49b36b; --none: #7c8695; --neutral: #7ea3d6; --softfail: #d9a22b; --fail: #e86565; --temperror: #a985e0; --permerror: #d067b8; --rest: #2c333f;
  }
}
@media print {
  :root {
    color-scheme: light;
    --text: #000; --soft: #333; --page: #fff; --card: #fff; --line: #999; --code: #fff; --accent: #000;
    --good: #000; --good-bg: #fff; --doubtful: #000; --doubtful-bg: #fff; --bad: #000; --bad-bg: #fff;
    --pass: #2f8f4e; --none: #8a93a1; --neutral: #5b7fb0; --softfail: #b98000; --fail: #cc3b3b; --temperror: #8256c0; --permerror: #a5398c; --rest: #eee;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, summary { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  h1, h2, h3, caption, thead, figcaption { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  figure, tr, dl > div, .banner, .finding { break-inside: avoid; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, "Noto Sans", "Noto Sans CJK JP", sans-serif; overflow-wrap: anywhere; }
main, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: 1.5rem; }
footer { color: var(--soft); font-size: .875rem; padding-bottom: 2rem; }
footer p { max-width: none; border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .8rem; }
article + article { border-top: 3px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .8rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.2rem 0 .7rem; }
h3 { font-size: 1.05rem; line-height: 1.35; margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
ul, ol { margin: .3rem 0; padding-left: 1.3rem; }
li { margin: .25rem 0; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
.lead, .note, caption, figcaption, dt { color: var(--soft); }
.note { font-size: .875rem; }
code, pre, bdi { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "Noto Sans Mono", "Noto Sans Mono CJK JP", monospace; font-size: .93em; }
pre { margin: .4rem 0; padding: .5rem .75rem; background: var(--code); border-radius: .4rem; white-space: pre-wrap; line-height: 1.5; }
pre code { font-size: 1em; }
mark { background: var(--bad-bg); color: var(--bad); text-decoration: underline wavy; text-underline-offset: .25em; font-weight: 600; }
.information mark { background: none; color: inherit; text-decoration: underline; }
.wrong { color: var(--bad); }
.card, dl, figure, table { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.banner { background: var(--card); border: 1px solid var(--line); border-left: .4rem solid var(--soft); border-radius: .6rem; padding: .8rem 1.1rem; margin: .8rem 0 1rem; }
.banner p { max-width: none; }
.headline { font-size: 1.2rem; font-weight: 650; line-height: 1.35; }
.good { background: var(--good-bg); border-color: var(--good); }
.doubtful { background: var(--doubtful-bg); border-color: var(--doubtful); }
.bad { background: var(--bad-bg); border-color: var(--bad); }
.good .headline { color: var(--good); }
.doubtful .headline { color: var(--doubtful); }
.bad .headline { color: var(--bad); }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; font-weight: 600; line-height: 1.5; white-space: nowrap; color: var(--soft); }
.badge.pass { color: var(--good); }
.badge.softfail, .badge.temperror { color: var(--doubtful); }
.badge.fail, .badge.permerror { color: var(--bad); }
h2 .badge { vertical-align: .1em; margin-left: .3rem; }
dl { margin: .8rem 0; padding: .3rem 1.1rem; }
dl > div { display: grid; grid-template-columns: 11rem 1fr; gap: .1rem 1rem; padding: .4rem 0; border-top: 1px solid var(--line); }
dl > div:first-child { border-top: 0; }
dd { margin: 0; min-width: 0; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem; border: 0; background: none; padding: 0; }
dl.figures > div { display: block; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem 1rem; }
.figures dt { font-size: .875rem; }
.figures strong { display: block; font-size: 1.5rem; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures span { color: var(--soft); font-size: .875rem; }
.record { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1.1rem; margin: .6rem 0; }
.tree, .lookups { list-style: none; padding: 0; }
.tree { margin: .4rem 0 0 .2rem; }
.tree > li { border-left: 2px solid var(--line); margin: 0; padding: .3rem 0 .3rem .8rem; }
.tree > li:last-child { margin-bottom: .2rem; }
.term > span:not(.note) { color: var(--soft); }
.term { display: flex; flex-wrap: wrap; gap: .1rem .8rem; align-items: baseline; }
.lookups { color: var(--soft); font-size: .875rem; }
.lookups li { margin: .1rem 0; }
figure { margin: .8rem 0; padding: .8rem 1.1rem; }
figcaption { font-weight: 600; color: var(--text); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; padding: 0; margin: .3rem 0 .7rem; font-size: .9rem; }
.legend strong { font-variant-numeric: tabular-nums; }
.swatch { width: .8em; height: .8em; margin-right: .4em; border-radius: .15em; }
.plot { position: relative; border-bottom: 1px solid var(--soft); border-top: 1px dashed var(--line); background: linear-gradient(var(--line), var(--line)) 0 50% / 100% 1px no-repeat; }
.plot, .axis { padding-left: 3.2rem; }
svg.days { display: block; width: 100%; height: 13rem; }
.scale { position: absolute; left: 0; font-size: .75rem; line-height: 1; color: var(--soft); background: var(--card); padding: .1rem .3rem .1rem 0; pointer-events: none; }
.scale.top { top: -.45rem; }
.scale.middle { top: calc(50% - .45rem); }
.axis { display: flex; justify-content: space-between; gap: .5rem; font-size: .8rem; color: var(--soft); padding-top: .2rem; }
svg.split { display: block; width: 100%; min-width: 5rem; height: .8rem; border-radius: .2rem; }
rect.hover { fill: transparent; }
g:hover rect.hover { fill: var(--rest); }
rect.pass, rect.dmarc-fail { fill: var(--pass); }
rect.none, rect.dmarc-unknown { fill: var(--none); }
rect.neutral, rect.dmarc-none { fill: var(--neutral); }
rect.softfail { fill: var(--softfail); }
rect.fail, rect.dmarc-pass { fill: var(--fail); }
rect.temperror { fill: var(--temperror); }
rect.permerror { fill: var(--permerror); }
rect.rest { fill: var(--rest); }
rect.missing { fill: var(--rest); stroke: var(--soft); vector-effect: non-scaling-stroke; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 1rem; align-items: start; }
details { margin: -.3rem 0 .8rem; }
table { border-collapse: separate; border-spacing: 0; width: 100%; margin: .8rem 0; font-size: .95rem; }
caption { text-align: left; padding: .2rem 0 .4rem; font-size: .9rem; }
caption h3 { margin: 1rem 0 0; color: var(--text); }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-top: 1px solid var(--line); }
thead th { overflow-wrap: normal; border-top: 0; color: var(--soft); font-size: .85rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody th > div { min-width: 11.5rem; }
tbody th code, .unbroken { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td > div { min-width: 4.5rem; }
td > div > :first-child, th > :first-child { margin-top: 0; }
@page { margin: 1.2cm; }
@media print {
  table { font-size: .8rem; }
  th, td { padding: .2rem .35rem; }
  tbody th > div { min-width: 8rem; }
  td > div { min-width: 0; }
  .prose { width: 50%; }
  dl.figures { grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); }
}
@media screen and (max-width: 47rem) {
  main, footer { padding-left: .8rem; padding-right: .8rem; }
  h1 { font-size: 1.35rem; }
  dl > div { grid-template-columns: 1fr; }
  dl.figures { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
  dl, figure, .record, .banner { padding-left: .8rem; padding-right: .8rem; }
  th, td { padding: .35rem .3rem; }
  th > div, td > div, svg.split { min-width: 0; }
  table.wide, .wide tbody, .wide tr, .wide th, .wide td { display: block; }
  .wide caption { display: block; padding: .5rem .8rem; }
  .wide caption h3 { margin: 0; }
  .wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .wide tbody tr { border-top: 1px solid var(--line); padding: .5rem .8rem; }
  .wide tbody th, .wide tbody td { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  .wide tbody td { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .5rem; }
  .wide tbody td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
  .wide tbody td.prose { display: block; }
  .compact td:last-child { width: 25%; }
}
`
