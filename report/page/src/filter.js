// Which findings are shown, in which order. The state of it stands in the
// address, so that a page can be linked to, and Back works.
import { rows, age, textOf, BANDS, STATES } from "./data.js";

const AGES = ["under 30 days", "30 to 90 days", "90 days to a year", "over a year", "not known"];

function ageBucket(r) {
  const d = age(r.since);
  if (d < 0) return AGES[4];
  return AGES[d < 30 ? 0 : d < 90 ? 1 : d < 365 ? 2 : 3];
}

const by = (list) => (a, b) => list.indexOf(a) - list.indexOf(b);

// Each facet: how it is called, what of a row it looks at, how its values are
// ordered (most frequent first without).
export const FACETS = [
  { key: "risk", title: "Risk", of: (r) => [r.band], order: by(BANDS) },
  { key: "state", title: "State", of: (r) => [r.state], order: by(STATES) },
  { key: "owner", title: "Owner", of: (r) => [r.owner], none: "nobody known" },
  { key: "provider", title: "Provider", of: (r) => [r.provider] },
  { key: "repo", title: "Repository", of: (r) => r.repos },
  { key: "age", title: "Age", of: (r) => [ageBucket(r)], order: by(AGES) },
  { key: "present", title: "Still there", of: (r) => [r.present ? "yes" : "only in the past"] },
  { key: "confidence", title: "Confidence", of: (r) => [r.confidence], order: by(["high", "medium", "low"]) },
  { key: "status", title: "Identity", of: (r) => [r.status], none: "none concluded" },
];

const text = (a, b) => (a === b ? 0 : a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1);

export const SORTS = {
  risk: (a, b) => b.rank - a.rank,
  title: (a, b) => text(a.title, b.title),
  owner: (a, b) => text(a.owner.toLowerCase(), b.owner.toLowerCase()),
  state: (a, b) => by(STATES)(a.state, b.state),
  provider: (a, b) => text(a.provider, b.provider),
  repo: (a, b) => text(a.repos[0] || "", b.repos[0] || ""),
  age: (a, b) => text(a.since, b.since),
};

const SEP = "\u001f"; // between values in the address

export function parse(params) {
  const f = { q: params.get("q") || "", sort: "risk", back: false, chosen: {} };
  const sort = params.get("sort") || "";
  if (Object.hasOwn(SORTS, sort.replace(/^-/, ""))) {
    f.sort = sort.replace(/^-/, "");
    f.back = sort.startsWith("-");
  }
  for (const { key } of FACETS) {
    if (params.has(key)) f.chosen[key] = new Set(params.get(key).split(SEP));
  }
  return f;
}

export function format(f) {
  const p = new URLSearchParams();
  if (f.q) p.set("q", f.q);
  if (f.sort !== "risk" || f.back) p.set("sort", (f.back ? "-" : "") + f.sort);
  for (const { key } of FACETS) {
    if (f.chosen[key]?.size) p.set(key, [...f.chosen[key]].join(SEP));
  }
  const s = p.toString();
  return "#/findings" + (s ? "?" + s : "");
}

// addressOf is that of the list with one value of a facet chosen.
export const addressOf = (key, value) => format({ q: "", sort: "risk", back: false, chosen: { [key]: new Set([value]) } });

function fits(r, f, without) {
  for (const { key, of } of FACETS) {
    const want = f.chosen[key];
    if (key !== without && want?.size && !of(r).some((v) => want.has(v))) return false;
  }
  return true;
}

export function select(f) {
  const parts = f.q.toLowerCase().split(/\s+/).filter(Boolean);
  const searched = parts.length ? rows.filter((r) => parts.every((p) => textOf(r).includes(p))) : rows;
  const out = searched.filter((r) => fits(r, f));
  const order = SORTS[f.sort];
  const sign = f.back ? -1 : 1;
  out.sort((a, b) => sign * order(a, b) || a.i - b.i);
  return { out, searched };
}

// count says how many findings each value of a facet would show, with what is
// chosen elsewhere.
export function count(facet, f, searched) {
  const n = new Map();
  for (const r of searched) {
    if (!fits(r, f, facet.key)) continue;
    for (const v of facet.of(r)) n.set(v, (n.get(v) || 0) + 1);
  }
  for (const v of f.chosen[facet.key] || []) if (!n.has(v)) n.set(v, 0);
  const list = [...n];
  list.sort(facet.order ? (a, b) => facet.order(a[0], b[0]) : (a, b) => b[1] - a[1] || text(a[0], b[0]));
  return list;
}
