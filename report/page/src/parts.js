// Small things that several views show.
import { h, s, words, visible } from "./dom.js";

export function badge(r, long) {
  return h("span.badge." + r.band, { title: `${r.band}: ${r.linked ? "risk" : "severity, as nobody looked for the identity:"} ${r.rank} of 100` }, h("b", String(r.rank)), h("span", long ? (r.linked ? r.band + " risk" : r.band) : r.band));
}

const MEANING = {
  live: "the provider accepted it",
  dead: "the provider rejected it",
  expired: "its own dates say so",
  restricted: "it works, but not for this question",
  unknown: "asked, no clear answer",
  unverifiable: "there is no safe way to ask",
  skipped: "policy forbade the question",
  canary: "a trap, which is never contacted",
  unchecked: "nobody has asked the provider",
};

export const meaning = (state) => MEANING[state] || "";

export const stateBadge = (state) => h("span.state." + (MEANING[state] ? state : "unchecked"), { title: meaning(state) }, state);

// bar is a share of something, as a picture beside its number.
export function bar(share, cls) {
  const svg = s("svg", { class: "bar " + (cls || ""), viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(s("rect", { class: "rest", width: 100, height: 6 }), s("rect", { class: "part", width: Math.max(0, Math.min(100, share * 100)), height: 6 }));
  return svg;
}

// frame is the code around a place, masked, with the credential marked.
export function frame(pos) {
  const f = pos.frame;
  if (!f) return null;
  const lines = f.lines.map((line, i) => {
    const n = f.first + i;
    const on = n === pos.line;
    const chars = [...line];
    const code = on && f.mark_end > f.mark_start ? [chars.slice(0, f.mark_start - 1).join(""), h("mark", chars.slice(f.mark_start - 1, f.mark_end - 1).join("")), chars.slice(f.mark_end - 1).join("")] : [line];
    return h("div.line" + (on ? ".on" : ""), h("span.no", { "aria-hidden": "true" }, String(n)), h("span.code", ...code, "\n"));
  });
  return h("pre.frame", { tabindex: "0", role: "region", "aria-label": `Code around line ${pos.line}` }, ...lines);
}

export function facts(list) {
  const rows = list.filter(([, v]) => v !== "" && v !== null && v !== undefined && v !== false);
  return rows.length ? h("dl.facts", ...rows.map(([k, v]) => h("div", h("dt", k), h("dd", v)))) : null;
}

export const sure = (c) => (c >= 0.9 ? "certain" : c >= 0.7 ? "likely" : c >= 0.4 ? "possible" : "unlinked");

export const day = (t) => String(t || "").slice(0, 10);

export const shortID = (id) => String(id || "").slice(0, 12);

export { words, visible };
