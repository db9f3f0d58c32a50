// Two small charts: how many credentials were exposed when, and lines from run
// to run, or from day to day. Each has a table with the same numbers for who cannot see it.
import { h, s, number, plural } from "./dom.js";

const W = 560;
const H = 150;

// bucket counts days by month, or by year where that would be many bars.
function buckets(days) {
  const known = days.filter((d) => /^\d{4}-\d\d/.test(d)).sort();
  if (known.length < 2) return null;
  const [first, last] = [known[0], known[known.length - 1]];
  const span = (Number(last.slice(0, 4)) - Number(first.slice(0, 4))) * 12 + Number(last.slice(5, 7)) - Number(first.slice(5, 7));
  const size = span > 48 ? 4 : 7;
  const n = new Map();
  let [y, m] = [Number(first.slice(0, 4)), Number(first.slice(5, 7))];
  for (let i = 0; i < 400; i++) {
    const key = size === 4 ? String(y) : `${y}-${String(m).padStart(2, "0")}`;
    if (key > last.slice(0, size)) break;
    n.set(key, 0);
    if (size === 4) y++;
    else if (++m > 12) [y, m] = [y + 1, 1];
  }
  for (const d of known) n.set(d.slice(0, size), (n.get(d.slice(0, size)) || 0) + 1);
  return { list: [...n], unknown: days.length - known.length };
}

export function months(days) {
  const b = buckets(days);
  if (!b) return null;
  const most = Math.max(...b.list.map(([, n]) => n));
  const step = W / b.list.length;
  const svg = s("svg", { class: "chart", viewBox: `0 0 ${W} ${H + 22}`, role: "img", "aria-label": `Credentials by the time they were first exposed, from ${b.list[0][0]} to ${b.list.at(-1)[0]}; at most ${most}` });
  svg.append(s("line", { class: "axis", x1: 0, x2: W, y1: H, y2: H }));
  b.list.forEach(([key, n], i) => {
    const tall = n ? Math.max(2, (n / most) * (H - 18)) : 0;
    const w = Math.min(40, Math.max(1, step - Math.min(3, step * 0.2)));
    const x = i * step + (step - w) / 2;
    svg.append(s("rect", { class: "col", x: x.toFixed(1), y: (H - tall).toFixed(1), width: w.toFixed(1), height: tall.toFixed(1), rx: Math.min(2, w / 3) }, s("title", null, `${key}: ${number(n)}`)));
    if (n === most || (n && b.list.length <= 16)) svg.append(s("text", { class: "value", x: (x + w / 2).toFixed(1), y: (H - tall - 5).toFixed(1), "text-anchor": "middle" }, number(n)));
    if (labelled(i, b.list.length)) svg.append(s("text", { class: "tick", x: (x + w / 2).toFixed(1), y: H + 16, "text-anchor": "middle" }, key));
  });
  return h("div", svg, b.unknown ? h("p.sub", `Of ${number(b.unknown)} more nothing tells when.`) : "", numbers(["When", "Credentials"], b.list));
}

function labelled(i, n) {
  const every = Math.ceil(n / 8);
  return i % every === Math.floor(every / 2) || n <= 8;
}

const SERIES = [
  ["findings", "all"],
  ["severe", "critical or high"],
  ["live", "known to work"],
];

// lines draws points of which each is one of per: "run", "day", "week".
export function lines(points, per) {
  const most = Math.max(1, ...points.map((p) => p.findings));
  const pad = 34;
  const x = (i) => pad + (points.length < 2 ? 0 : (i / (points.length - 1)) * (W - 2 * pad));
  const y = (n) => H - (n / most) * (H - 18);
  const svg = s("svg", { class: "chart", viewBox: `0 0 ${W} ${H + 22}`, role: "img", "aria-label": `Findings of ${plural(points.length, per)}: first ${points[0].findings}, last ${points.at(-1).findings}` });
  svg.append(s("line", { class: "axis", x1: 0, x2: W, y1: H, y2: H }));
  for (const [key, name] of SERIES) {
    if (!points.some((p) => p[key])) continue;
    svg.append(s("path", { class: "trend " + key, d: points.map((p, i) => (i ? "L" : "M") + x(i).toFixed(1) + " " + y(p[key]).toFixed(1)).join(""), fill: "none" }));
    points.forEach((p, i) => svg.append(s("circle", { class: "point " + key, cx: x(i).toFixed(1), cy: y(p[key]).toFixed(1), r: 3 }, s("title", null, `${p.label}: ${number(p[key])} ${name}`))));
    const peak = points.findIndex((p) => p.findings === most);
    if (key === "findings") points.slice(0, -1).forEach((p, i) => (points.length <= 12 || i === peak) && svg.append(s("text", { class: "value", x: x(i).toFixed(1), y: (y(p[key]) - 8).toFixed(1), "text-anchor": "middle" }, number(p[key]))));
    const end = points.at(-1);
    svg.append(s("text", { class: "value " + key, x: W - pad + 8, y: (y(end[key]) + 4).toFixed(1) }, number(end[key])));
  }
  // The first, the last, and three between them at most: a label is as wide as a date.
  const every = Math.max(1, Math.ceil((points.length - 1) / 4));
  const named = (i) => i === 0 || i === points.length - 1 || (i % every === 0 && points.length - 1 - i > every * 0.8) || points.length <= 8;
  points.forEach((p, i) => named(i) && svg.append(s("text", { class: "tick", x: x(i).toFixed(1), y: H + 16, "text-anchor": i === 0 && points.length > 1 ? "start" : i === points.length - 1 ? "end" : "middle" }, p.label.slice(0, 24))));
  const end = points.at(-1);
  return h("div", svg, h("p.serieskey", ...SERIES.filter(([k]) => points.some((p) => p[k])).map(([k, name]) => h("span.of-" + k, h("i", { "aria-hidden": "true" }), name))), h("p.sub", `Since the ${per} before: ${number(end.new)} new, ${number(end.gone)} gone.`), numbers([per[0].toUpperCase() + per.slice(1), "All", "Critical or high", "Known to work", "New", "Gone"], points.map((p) => [p.label, p.findings, p.severe, p.live, p.new, p.gone])));
}

function numbers(head, list) {
  return h("details.numbers", h("summary", "As a table"), h("div.wrap", { tabindex: "0", role: "region", "aria-label": "Numbers" }, h("table", h("thead", h("tr", ...head.map((t) => h("th", { scope: "col" }, t)))), h("tbody", ...list.map((r) => h("tr", ...r.map((v) => h("td", typeof v === "number" ? number(v) : v))))))));
}
