// The graph of secrets, identities, owners and what uses them. It is walked: one
// node stands in the middle with what is around it, and a click goes on to the
// next. dagre finds the places, what is drawn is SVG.
import dagre from "@dagrejs/dagre";
import { h, s, iconPath, words, number, plural } from "./dom.js";
import { nodes, rows } from "./data.js";
import { stateBadge, sure, badge } from "./parts.js";

const W = 208;
const H = 46;
const MOST = 60; // nodes in one picture

const KINDS = { secret: "Credential", identity: "Identity", owner: "Owner", consumer: "Uses it", declaration: "Declared in" };
const SAYS = { authenticates: "opens", owned_by: "owned by", consumed_by: "used by", declared_in: "declared in" };
const SAID = { authenticates: "opened by", owned_by: "owns", consumed_by: "uses", declared_in: "declares" };

// How many neighbours of a kind a node shows.
const FAN = { 0: 12, 1: 6 };

// around collects what is within some steps of a node.
function around(focus, depth, wide) {
  const seen = new Map([[focus, 0]]);
  const kept = new Set();
  const more = new Map();
  let ring = [focus];
  for (let d = 0; d < depth && seen.size < MOST; d++) {
    const next = [];
    for (const n of ring) {
      const fan = {};
      for (const e of sorted(n)) {
        const other = e.from === n ? e.to : e.from;
        if (seen.has(other)) {
          kept.add(e);
          continue;
        }
        const kind = e.kind + (e.from === n ? ">" : "<");
        fan[kind] = (fan[kind] || 0) + 1;
        const most = wide.has(n) ? 60 : FAN[d] || 4;
        if (fan[kind] > most || seen.size >= MOST) {
          more.set(n, (more.get(n) || 0) + 1);
          continue;
        }
        seen.set(other, d + 1);
        kept.add(e);
        next.push(other);
      }
    }
    ring = next;
  }
  return { seen, kept, more };
}

const sorted = (n) => [...n.out, ...n.in].sort((a, b) => other(b, n).risk - other(a, n).risk);
const other = (e, n) => (e.from === n ? e.to : e.from);

const pen = document.createElement("canvas").getContext("2d");

// cut leaves out the middle of a text that is wider than there is room.
function cut(text, room, font) {
  pen.font = font + " " + (cut.family ??= getComputedStyle(document.body).fontFamily);
  const chars = [...text].slice(0, 120);
  const short = (n) => (n >= chars.length ? chars.join("") : chars.slice(0, Math.ceil(n * 0.7)).join("") + "…" + chars.slice(chars.length - Math.floor(n * 0.3)).join(""));
  const fits = (n) => pen.measureText(short(n)).width <= room;
  if (fits(chars.length)) return short(chars.length);
  let [least, most] = [4, chars.length];
  while (most - least > 1) {
    const n = (least + most) >> 1;
    if (fits(n)) least = n;
    else most = n;
  }
  return short(least);
}

const nodeWords = (n) => (n.kind === "secret" ? [n.type, n.state] : n.kind === "identity" ? [words(n.type), words(n.state)] : [words(n.type)]).filter(Boolean).join(", ");

// shownWords tells credentials of one kind apart: by where they are.
const shownWords = (n) => (n.row >= 0 && rows[n.row] ? [rows[n.row].place, n.state === "unchecked" ? "" : n.state].filter(Boolean).join(", ") : nodeWords(n));

// picture draws the surroundings of a node. With opts.walk, nodes can be chosen.
export function picture(focus, opts = {}) {
  const { seen, kept, more } = around(focus, opts.depth || (opts.small ? 2 : 3), opts.wide || new Set());
  const g = new dagre.graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: opts.small ? "TB" : "LR", nodesep: opts.small ? 14 : 16, ranksep: opts.small ? 34 : 96, marginx: 8, marginy: 8 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of seen.keys()) {
    g.setNode(String(n.i), { width: W, height: H });
    if (more.get(n)) g.setNode("more" + n.i, { width: 92, height: 26 });
  }
  // What uses a credential is drawn on its side, the owners on the other.
  for (const e of kept) {
    const [a, b] = e.kind === "consumed_by" ? [e.to, e.from] : [e.from, e.to];
    g.setEdge(String(a.i), String(b.i), { e }, e.kind);
  }
  for (const n of more.keys()) g.setEdge(String(n.i), "more" + n.i, {}, "more");
  dagre.layout(g);
  const size = g.graph();
  const svg = s("svg", { class: "graph" + (opts.small ? " small" : ""), viewBox: `0 0 ${size.width || W} ${size.height || H}`, role: opts.walk ? "group" : "img", "aria-label": title(focus, seen) });
  svg.append(s("defs", null, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, s("path", { d: "M0 0 8 4 0 8z", class: "head" }))));
  const turned = (e) => e?.kind === "consumed_by";
  for (const edge of g.edges()) svg.append(edgeOf(route(g, edge, opts.small), turned));
  for (const n of seen.keys()) svg.append(nodeOf(n, g.node(String(n.i)), n === focus, opts));
  for (const [n, k] of more) svg.append(moreOf(n, k, g.node("more" + n.i), opts));
  svg.size = { width: size.width || W, height: size.height || H };
  return svg;
}

const title = (focus, seen) => `${KINDS[focus.kind]} ${focus.label} and ${plural(seen.size - 1, "node")} around it`;

// route leads an edge out of the middle of one side and into that of another, in
// curves through the points that dagre keeps free for it.
function route(g, edge, down) {
  const at = g.edge(edge);
  const a = g.node(edge.v);
  const b = g.node(edge.w);
  const ends = down ? [[a.x, a.y + a.height / 2], [b.x, b.y - b.height / 2]] : [[a.x + a.width / 2, a.y], [b.x - b.width / 2, b.y]];
  const via = at.points.length > 3 ? at.points.slice(1, -1).filter((_, i, l) => i > 0 && i < l.length - 1).map((p) => [p.x, p.y]) : [];
  const points = [ends[0], ...via, ends[1]];
  let d = `M${points[0].map(fixed)}`;
  for (let i = 1; i < points.length; i++) {
    const [p, q] = [points[i - 1], points[i]];
    const half = down ? (q[1] - p[1]) / 2 : (q[0] - p[0]) / 2;
    const bend = down ? [[p[0], p[1] + half], [q[0], q[1] - half]] : [[p[0] + half, p[1]], [q[0] - half, q[1]]];
    d += `C${[...bend, q].map((x) => x.map(fixed).join(" ")).join(" ")}`;
  }
  return { e: at.e, d };
}

const fixed = (v) => v.toFixed(1);

function edgeOf({ e, d }, turned) {
  const weak = e && e.confidence && e.confidence < 0.7;
  const path = s("path", { d, class: "edge" + (weak ? " weak" : "") + (e ? " " + e.kind : " more"), fill: "none", [turned(e) ? "marker-start" : "marker-end"]: e && "url(#arrow)" });
  if (e) path.append(s("title", null, `${e.from.label} ${SAYS[e.kind] || words(e.kind)} ${e.to.label}` + (e.confidence ? `; ${sure(e.confidence)}, ${e.confidence}` : "") + (e.why ? `; ${e.why}` : "")));
  return path;
}

function nodeOf(n, at, on, opts) {
  const x = at.x - W / 2;
  const y = at.y - H / 2;
  const attrs = { class: `node ${n.kind}${on ? " on" : ""}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, "data-node": n.i };
  const band = n.kind === "secret" ? rows[n.row]?.band : "";
  const label = cut(n.label, W - (n.kind === "secret" ? 66 : 52), "600 12.5px");
  const what = cut(shownWords(n) || KINDS[n.kind], W - 52, "11px");
  if (opts.walk) Object.assign(attrs, { tabindex: "0", role: "button", "aria-pressed": on ? "true" : "false" });
  return s(
    "g",
    attrs,
    s("title", null, `${KINDS[n.kind]}: ${n.label}\n${nodeWords(n)}${n.ref ? "\n" + n.ref : ""}`),
    s("rect", { class: "box", width: W, height: H, rx: n.kind === "owner" ? H / 2 : n.kind === "declaration" ? 2 : 8 }),
    s("path", { class: "glyph", d: iconPath(n.kind), transform: "translate(12 14) scale(.8)", "fill-rule": "evenodd" }),
    s("text", { class: "label", x: 40, y: 20 }, label),
    s("text", { class: "what", x: 40, y: 35 }, what),
    band ? s("circle", { class: "risk " + band, cx: W - 12, cy: 12, r: 5 }) : "",
  );
}

function moreOf(n, k, at, opts) {
  const attrs = { class: "node more", transform: `translate(${(at.x - 46).toFixed(1)} ${(at.y - 13).toFixed(1)})`, "data-more": n.i };
  if (opts.walk) Object.assign(attrs, { tabindex: "0", role: "button", "aria-label": `+ ${number(k)} more around ${n.label}` });
  return s("g", attrs, s("rect", { class: "box", width: 92, height: 26, rx: 13 }), s("text", { class: "what", x: 46, y: 17, "text-anchor": "middle" }, `+ ${number(k)} more`));
}

// start is where a walk begins: the identity with the highest risk.
function start() {
  return nodes.filter((n) => n.kind === "identity").sort((a, b) => b.risk - a.risk)[0] || nodes[0];
}

export function graphView(params) {
  const view = h("div.graphview");
  const focus = nodes[Number(params.get("at") ?? NaN)] || start();
  if (!focus) {
    view.append(h("h1", "Graph"), h("p", "There is nothing to draw: no finding, or nobody looked for identities."));
    return view;
  }
  const wide = new Set();
  const stage = h("div.stage");
  const side = h("aside.side");
  let svg;
  const walk = (n) => (location.hash = "#/graph?at=" + n.i);
  const draw = () => {
    svg = picture(focus, { walk: true, wide });
    stage.replaceChildren(svg, tools(() => svg));
    movable(stage, svg);
  };
  const choose = (el) => {
    const g = el.closest?.("[data-node],[data-more]");
    if (!g) return;
    if (g.dataset.more) {
      wide.add(nodes[g.dataset.more]);
      draw();
      return;
    }
    const n = nodes[g.dataset.node];
    if (n !== focus) walk(n);
    else if (n.row >= 0) location.hash = "#/f/" + rows[n.row].id;
  };
  stage.addEventListener("click", (e) => !stage.dragged && choose(e.target));
  stage.addEventListener("keydown", (e) => {
    if (e.key === "Enter" || e.key === " ") choose(e.target);
    else if (e.key.startsWith("Arrow")) step(stage, e.target, e.key);
    else return;
    e.preventDefault();
  });
  side.append(...about(focus));
  view.append(h("h1.unseen", "Graph"), h("div.left", finder(walk), legend(), side), stage);
  view.shown = () => {
    draw();
    stage.querySelector(".node.on")?.focus({ preventScroll: true });
  };
  return view;
}

// step moves the keyboard to the nearest node in a direction.
function step(stage, from, key) {
  const rect = (el) => {
    const r = el.getBoundingClientRect();
    return [r.left + r.width / 2, r.top + r.height / 2];
  };
  const [x, y] = rect(from);
  const dir = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  if (!dir) return;
  let best;
  let least = Infinity;
  for (const el of stage.querySelectorAll(".node")) {
    const [a, b] = rect(el);
    const along = (a - x) * dir[0] + (b - y) * dir[1];
    const off = Math.abs((a - x) * dir[1]) + Math.abs((b - y) * dir[0]);
    if (el === from || along <= 4) continue;
    const far = along + 2 * off;
    if (far < least) [least, best] = [far, el];
  }
  best?.focus();
}

// about tells in words what the picture shows around a node.
function about(n) {
  const row = rows[n.row];
  const groups = new Map();
  for (const e of sorted(n)) {
    const say = e.from === n ? SAYS[e.kind] : SAID[e.kind];
    if (!groups.has(say)) groups.set(say, []);
    groups.get(say).push([other(e, n), e]);
  }
  const item = ([o, e]) => h("li", h("a", { href: "#/graph?at=" + o.i }, o.label), h("span.sub", [KINDS[o.kind].toLowerCase(), nodeWords(o), e.confidence && sure(e.confidence)].filter(Boolean).join(", ")));
  return [
    h("p.kind", KINDS[n.kind]),
    h("h2", n.label),
    h("p.sub", [nodeWords(n), n.ref].filter(Boolean).join("; ")),
    row ? h("p", badge(row), " ", stateBadge(row.state)) : n.risk ? h("p.sub", `risk ${n.risk} of 100`) : "",
    row ? h("p", h("a", { href: "#/f/" + row.id }, "Open the finding")) : "",
    ...[...groups].map(([say, list]) => h("section", h("h3", `${say} ${number(list.length)}`), h("ul.plainlist", ...list.slice(0, 40).map(item)), list.length > 40 ? h("p.sub", `and ${number(list.length - 40)} more`) : "")),
  ];
}

function finder(walk) {
  const results = h("ul.results", { "aria-label": "Found nodes" });
  const input = h("input.search", { type: "search", id: "search", placeholder: "Go to an owner, identity, job", "aria-label": "Go to a node", autocomplete: "off", spellcheck: "false" });
  const look = () => {
    const q = input.value.toLowerCase().trim();
    const found = q ? nodes.filter((n) => n.label.toLowerCase().includes(q)).sort((a, b) => (a.kind === "secret") - (b.kind === "secret") || b.risk - a.risk) : [];
    results.replaceChildren(...found.slice(0, 8).map((n) => h("li", h("a", { href: "#/graph?at=" + n.i }, n.label), h("span.sub", KINDS[n.kind].toLowerCase()))));
    return found[0];
  };
  input.addEventListener("input", look);
  input.addEventListener("keydown", (e) => {
    const n = e.key === "Enter" && look();
    if (n) walk(n);
  });
  return h("div.finder", input, results);
}

function legend() {
  return h("ul.legend", { "aria-label": "Kinds of nodes" }, ...Object.entries(KINDS).map(([k, name]) => h("li", s("svg", { class: "graph key", viewBox: "0 0 24 24", width: 16, height: 16, "aria-hidden": "true" }, s("g", { class: "node " + k }, s("path", { class: "glyph", d: iconPath(k), "fill-rule": "evenodd" }))), name)));
}

function tools(svg) {
  const b = (text, label, by) => h("button", { type: "button", "aria-label": label, title: label, onclick: () => svg().zoom(by) }, text);
  return h("div.tools", b("+", "Zoom in", 0.8), b("−", "Zoom out", 1.25), b("⤢", "Show all", 0));
}

// movable lets a picture be dragged and zoomed.
function movable(stage, svg) {
  const all = svg.size;
  let box;
  const set = (b) => {
    box = b;
    svg.setAttribute("viewBox", [b.x, b.y, b.w, b.h].map((v) => v.toFixed(1)).join(" "));
  };
  // fit shows all of it, but small pictures are not blown up.
  const fit = () => {
    const r = stage.getBoundingClientRect();
    const w = Math.max(all.width, r.width * 0.9);
    const hh = Math.max(all.height, r.height * 0.9);
    set({ x: (all.width - w) / 2, y: (all.height - hh) / 2, w, h: hh });
  };
  svg.zoom = (by, cx = 0.5, cy = 0.5) => {
    if (!by) return fit();
    const w = Math.min(Math.max(box.w * by, 200), all.width * 6 + 2000);
    const k = w / box.w;
    set({ x: box.x + box.w * cx * (1 - k), y: box.y + box.h * cy * (1 - k), w, h: box.h * k });
  };
  fit();
  svg.addEventListener("wheel", (e) => {
    e.preventDefault();
    const r = svg.getBoundingClientRect();
    svg.zoom(e.deltaY > 0 ? 1.12 : 0.89, (e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height);
  }, { passive: false });
  let from = null;
  svg.addEventListener("pointerdown", (e) => {
    from = { x: e.clientX, y: e.clientY, box };
    stage.dragged = false;
  });
  svg.addEventListener("pointermove", (e) => {
    if (!from || !e.buttons) return (from = null);
    const dx = e.clientX - from.x;
    const dy = e.clientY - from.y;
    if (!stage.dragged && Math.hypot(dx, dy) < 5) return;
    if (!stage.dragged) svg.setPointerCapture(e.pointerId);
    stage.dragged = true;
    const r = svg.getBoundingClientRect();
    const k = Math.max(box.w / r.width, box.h / r.height);
    set({ ...from.box, x: from.box.x - dx * k, y: from.box.y - dy * k });
  });
}
