// What report/html*.go wrote into the page.

export const BANDS = ["critical", "high", "medium", "low", "info"];
export const STATES = ["live", "restricted", "unknown", "canary", "unchecked", "unverifiable", "skipped", "expired", "dead"];

const index = JSON.parse(document.getElementById("index").textContent);
const blocks = document.getElementsByClassName("block");
const names = index.names;

export const run = index.run;
export const summary = index.summary;
export const bands = index.bands;
export const states = index.states;
export const trend = index.trend;
export const trendOf = index.trend_of || "run"; // what each point of it is of
export const left = index.left || 0;
export const live = !!index.live;
export const version = index.version || "";

// Columns of a row, as pageIndex.add writes them.
export const rows = index.rows.map((r, i) => ({
  i,
  id: r[0],
  title: names[r[1]],
  provider: names[r[2]],
  rule: names[r[3]],
  rank: r[4],
  band: names[r[5]],
  state: names[r[6]],
  confidence: names[r[7]],
  identity: names[r[8]],
  kind: names[r[9]],
  owner: names[r[10]],
  env: names[r[11]],
  status: names[r[12]],
  repos: r[13].map((n) => names[n]),
  place: r[14],
  since: r[15],
  places: r[16],
  present: !!(r[17] & 1),
  linked: !!(r[17] & 2),
  text: null,
}));

export const nodes = index.nodes.map((n, i) => ({ i, kind: n[0], label: n[1], type: n[2], state: n[3], risk: n[4], ref: n[5], row: n[6], out: [], in: [] }));

export const edges = index.edges.map((e) => {
  const edge = { from: nodes[e[0]], to: nodes[e[1]], kind: e[2], confidence: e[3], why: e[4] };
  edge.from.out.push(edge);
  edge.to.in.push(edge);
  return edge;
});

export const byID = new Map(rows.map((r) => [r.id, r]));
export const nodeOf = new Map(nodes.filter((n) => n.row >= 0).map((n) => [n.row, n]));

export const total = rows.length + left;

const DAY = 86400e3;
const today = Date.now();

// days since a day, -1 where none is known.
export function age(since) {
  const t = Date.parse(since);
  return Number.isNaN(t) ? -1 : Math.max(0, Math.floor((today - t) / DAY));
}

export function ageText(since) {
  const d = age(since);
  if (d < 0) return "";
  if (d < 1) return "today";
  if (d < 60) return d + " d";
  if (d < 730) return Math.round(d / 30.44) + " mo";
  return (d / 365.25).toFixed(1) + " y";
}

// What a search looks through.
export function textOf(r) {
  r.text ??= [r.title, r.id, r.provider, r.rule, r.identity, r.owner, r.place, r.env, ...r.repos].join("\n").toLowerCase();
  return r.text;
}

const opened = new Map();

// detail unpacks all of a finding. It is a promise, as browsers unpack that way.
export async function detail(row) {
  const at = Math.floor(row.i / index.block);
  if (!opened.has(at)) {
    if (opened.size > 20) opened.clear();
    opened.set(at, unpack(blocks[at].textContent));
  }
  return JSON.parse((await opened.get(at))[row.i % index.block]);
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).text()).split("\n");
}
