// The first view: how it went, where it is worst, what was searched and what was
// not.
import { h, number, plural, bytes, words } from "./dom.js";
import { rows, run, summary, bands, states, trend, trendOf, left, total, BANDS, STATES } from "./data.js";
import { FACETS, addressOf, count } from "./filter.js";
import { bar, stateBadge, meaning, facts } from "./parts.js";
import { months, lines } from "./chart.js";
import { searchedName, tail } from "./list.js";

export function overviewView() {
  const target = searchedName();
  const severe = (bands.critical || 0) + (bands.high || 0);
  const lead = [states.live ? `${number(states.live)} known to work` : "", severe ? `${number(severe)} of critical or high risk` : "", nobody() ? `${number(nobody())} without a known owner` : ""].filter(Boolean);
  return h(
    "div.overview",
    h("header.hero", h("p.target.mono", target), h("h1", total ? h("span.big", number(total)) : "", total ? (total === 1 ? " leaked credential" : " leaked credentials") : searched() ? "No leaked credentials" : "Nothing was searched"), h("p.lead", lead.length ? lead.join(", ") + "." : total ? "" : summary.incomplete ? "" : "Nothing was left unsearched.")),
    summary.incomplete ? h("div.alert", { role: "note" }, h("b", "Not everything was searched."), " There may be more: see ", h("a", { href: "#/", onclick: jump }, "what was not"), ".") : "",
    total ? spread() : "",
    total ? h("div.cards", top("owner", "Whose they are"), top("provider", "What they open"), top("repo", "Where they are")) : "",
    total ? h("div.cards.two", monthCard(), stateCard(), trendCard()) : "",
    coverage(),
  );
}

function jump(e) {
  e.preventDefault();
  const to = document.getElementById("gaps");
  to?.scrollIntoView();
  to?.focus();
}

const searched = () => Object.values(summary.counts || {}).some((n) => n > 0);
const nobody = () => rows.filter((r) => r.linked && !r.owner).length;

// spread is one bar of all findings by risk.
function spread() {
  const list = BANDS.filter((b) => bands[b]);
  return h(
    "section.spread",
    { "aria-label": "By risk" },
    ...list.map((b) => {
      const a = h("a.part." + b, { href: addressOf("risk", b) }, h("b", number(bands[b])), h("span", b));
      a.style.flexGrow = String(Math.max(bands[b] / total, 0.06));
      return a;
    }),
  );
}

function top(key, title) {
  const facet = FACETS.find((f) => f.key === key);
  const list = count(facet, { q: "", chosen: {} }, rows);
  const most = list[0]?.[1] || 1;
  const shown = list.slice(0, 6);
  const rest = list.length - shown.length;
  return h(
    "section.card.ranking",
    h("h2", title),
    h("ul", ...shown.map(([v, n]) => h("li", h("a", { href: addressOf(key, v), title: v }, v === "" ? facet.none || "none" : key === "repo" ? tail(v) : v), bar(n / most, v === "" ? "nobody" : ""), h("span.n", number(n))))),
    rest > 0 ? h("p.sub", `and ${number(rest)} more`) : "",
  );
}

function stateCard() {
  const list = STATES.filter((s) => states[s]);
  return h("section.card.ranking", h("h2", "Do they work?"), h("ul.states", ...list.map((s) => h("li", h("a", { href: addressOf("state", s) }, stateBadge(s)), h("span.sub", meaning(s)), h("span.n", number(states[s]))))));
}

function monthCard() {
  const chart = months(rows.map((r) => r.since));
  return chart ? h("section.card", h("h2", "When they were exposed"), chart) : "";
}

function trendCard() {
  return trend.length > 1 ? h("section.card", h("h2", `From ${trendOf} to ${trendOf}`), lines(trend, trendOf)) : "";
}

const NAMES = { bytes: "read" };

// counted is the name of what was counted: one of them is not many.
const counted = (k, n) => (n !== 1 ? words(k) : words(k).replace(/ies$/, "y").replace(/s$/, ""));

function coverage() {
  const counts = Object.entries(summary.counts || {}).filter(([, n]) => n > 0);
  const gap = (g) => h("tr", h("td.n", number(g.count)), h("td", g.reason, g.first?.length ? h("span.sub.mono", g.first.join(", ") + (g.count > g.first.length ? ", …" : "")) : ""), h("td", g.fix || ""));
  const table = (id, title, list) => (list?.length ? h("section.card", { id, tabindex: "-1" }, h("h2", title), h("div.wrap", { tabindex: "0", role: "region", "aria-label": title }, h("table.gaps", h("thead", h("tr", ...["How many", "What and why", "What helps"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", ...list.map(gap))))) : "");
  return h(
    "div.coverage",
    h(
      "section.card",
      h("h2", "What was searched"),
      h("p.counts", ...counts.map(([k, n]) => h("span", h("b", k === "bytes" ? bytes(n) : number(n)), " " + (NAMES[k] || counted(k, n)))), run.rules ? h("span", h("b", number(run.rules)), " rules") : ""),
      facts([
        ["Target", run.target],
        ["Repository", run.repository_uri !== run.target ? run.repository_uri : ""],
        ["Branch", run.branch],
        ["Revision", run.revision ? h("code", run.revision) : ""],
        ["By", [run.tool, run.version].filter(Boolean).join(" ")],
        ["Rules", run.rules_version],
        ["Suppressed", summary.suppressed ? `${plural(summary.suppressed, "finding")} by baseline, settings, comments or --min-confidence` : ""],
        ["Left out", summary.truncated ? `${plural(summary.truncated, "finding")} by --max-findings` : ""],
        ["Not in this page", left ? `${plural(left, "finding")} of lower risk` : ""],
      ]),
      run.salted ? "" : h("p.sub", "Ids of findings are not keyed by anything private: who has an id and an idea of the secret can check the idea."),
      summary.notes?.length ? h("ul.plainlist", ...summary.notes.map((n) => h("li", n))) : "",
    ),
    table("gaps", "What was not searched, and should have been", summary.skipped),
    table("left", "What was left out on purpose", summary.left_out),
    ignored(),
  );
}

function ignored() {
  const list = summary.ignored || [];
  if (!list.length) return "";
  return h(
    "section.card",
    h("h2", "What was ignored, and by whom"),
    h("div.wrap", { tabindex: "0", role: "region", "aria-label": "What was ignored" }, h("table", h("thead", h("tr", ...["Rule", "Place", "By", "Reason", "Until"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", ...list.slice(0, 200).map((g) => h("tr", h("td", g.rule), h("td.mono", g.path ? g.path + (g.line ? ":" + g.line : "") : "", g.places > 1 ? ` +${g.places - 1}` : ""), h("td", [g.by, g.owner].filter(Boolean).join(", ")), h("td", g.reason || ""), h("td", g.until || "")))))),
    list.length > 200 ? h("p.sub", `and ${number(list.length - 200)} more`) : "",
  );
}
