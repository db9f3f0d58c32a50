// The list of findings. Only the rows that can be seen are elements, so that
// 10,000 of them cost no more than 30.
import { h, words, number, plural } from "./dom.js";
import { rows, run, ageText, total, left } from "./data.js";
import { FACETS, parse, format, select, count } from "./filter.js";
import { badge, stateBadge } from "./parts.js";

const HEIGHT = 58;
const FEW = 6; // values of a facet that are shown at first
const PRINTED = 3000;

let last = { found: rows, address: "#/findings" };
const expanded = new Set();
const shut = new Set(["present", "confidence", "status"]);

// neighbours of a finding in the list as it was filtered last.
export function neighbours(row) {
  const i = last.found.indexOf(row);
  return i < 0 ? {} : { before: last.found[i - 1], after: last.found[i + 1], at: i + 1, of: last.found.length };
}
export const lastAddress = () => last.address;

const COLUMNS = [
  { key: "risk", title: "Risk" },
  { key: "title", title: "Credential" },
  { key: "owner", title: "Whose" },
  { key: "repo", title: "Repository" },
  { key: "state", title: "State" },
  { key: "age", title: "Age" },
];

export function listView(params) {
  const f = parse(params);
  const view = h("div.findings");
  const scroller = h("div.scroller", { role: "rowgroup" });
  const spacer = h("div.spacer", { role: "presentation" });
  scroller.append(spacer);
  const grid = h("div.grid", { role: "grid", "aria-label": "Findings", tabindex: "0" });
  const status = h("p.status", { role: "status" });
  const facets = h("div.facets");
  const heads = h("div.row.heads", { role: "row", "aria-rowindex": "1" });
  grid.append(h("div", { role: "rowgroup" }, heads), scroller);

  let found = [];
  let at = 0;
  let drawn = "";

  const go = () => history.replaceState(null, "", format(f));
  const refresh = (top) => {
    const { out, searched } = select(f);
    found = out;
    last = { found, address: format(f) };
    at = top ? 0 : Math.min(at, Math.max(0, found.length - 1));
    spacer.style.height = found.length * HEIGHT + "px";
    grid.setAttribute("aria-rowcount", found.length + 1);
    status.replaceChildren(statusText(found.length, f));
    drawFacets(facets, f, searched, change);
    drawHeads(heads, f, change);
    if (top) scroller.scrollTop = 0;
    drawn = "";
    draw();
  };
  const change = () => {
    go();
    refresh(true);
  };
  const draw = () => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / HEIGHT) - 6);
    const end = Math.min(found.length, first + Math.ceil((scroller.clientHeight || 800) / HEIGHT) + 12);
    const key = first + " " + end + " " + at;
    if (key === drawn) return;
    drawn = key;
    spacer.replaceChildren(...found.slice(first, end).map((r, i) => rowOf(r, first + i, first + i === at)));
    if (!found.length) spacer.replaceChildren(h("div.row.none", { role: "row", "aria-rowindex": "2" }, h("div", { role: "gridcell" }, "Nothing fits. ", clear(f, change))));
    if (found[at] && at >= first && at < end) grid.setAttribute("aria-activedescendant", "row-" + at);
    else grid.removeAttribute("aria-activedescendant");
  };
  const move = (to) => {
    at = Math.max(0, Math.min(found.length - 1, to));
    const y = at * HEIGHT;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y + HEIGHT > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = y + HEIGHT - scroller.clientHeight;
    draw();
  };

  const page = () => Math.max(1, Math.floor(scroller.clientHeight / HEIGHT) - 1);
  const moves = { ArrowDown: () => at + 1, j: () => at + 1, ArrowUp: () => at - 1, k: () => at - 1, PageDown: () => at + page(), PageUp: () => at - page(), Home: () => 0, End: () => found.length - 1 };
  grid.addEventListener("keydown", (e) => {
    if (e.target !== grid || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Enter" && found[at]) location.hash = "#/f/" + found[at].id;
    else if (moves[e.key]) move(moves[e.key]());
    else return;
    e.preventDefault();
  });
  spacer.addEventListener("click", (e) => {
    const row = e.target.closest(".row");
    if (!row?.dataset.id || e.target.closest("a") || String(getSelection())) return;
    location.hash = "#/f/" + row.dataset.id;
  });
  let waiting = false;
  scroller.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });

  const search = h("input.search", { type: "search", id: "search", placeholder: "Search credential, owner, path, id", "aria-label": "Search findings", value: f.q, autocomplete: "off", spellcheck: "false" });
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      f.q = search.value;
      change();
    }, 80);
  });
  search.addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" && e.key !== "Enter") return;
    e.preventDefault();
    grid.focus();
  });

  const side = h("details.side", { open: innerWidth > 900 }, h("summary", "Filters"), facets);
  view.append(h("h1.unseen", "Findings"), side, h("div.main", h("div.bar", search, status), grid));
  view.shown = () => {
    refresh(false);
    new ResizeObserver(draw).observe(scroller);
    grid.focus({ preventScroll: true });
  };
  // Paper does not scroll: all rows are elements while it is printed.
  view.print = (on) => {
    if (!on) {
      drawn = "";
      return draw();
    }
    spacer.replaceChildren(...found.slice(0, PRINTED).map((r, i) => rowOf(r, i, false)));
    if (found.length > PRINTED) spacer.append(h("p", `and ${number(found.length - PRINTED)} more, which are not printed`));
  };
  return view;
}

function statusText(n, f) {
  const all = n === total ? plural(n, "finding") : `${number(n)} of ${plural(total, "finding")}`;
  return h("span", all, left ? h("span.warn", ` The worst ${number(total - left)} are in this page.`) : "");
}

function clear(f, change) {
  return h("button.plain", { type: "button", onclick: () => { f.q = ""; f.chosen = {}; const s = document.getElementById("search"); if (s) s.value = ""; change(); } }, "Clear all filters");
}

function drawHeads(heads, f, change) {
  heads.replaceChildren(
    ...COLUMNS.map(({ key, title }) => {
      const on = f.sort === key;
      const sort = () => {
        f.back = on && !f.back;
        f.sort = key;
        change();
        heads.querySelector(`[data-sort=${key}]`).focus();
      };
      const up = key === "risk" ? f.back : !f.back;
      return h("div." + key, { role: "columnheader", "aria-sort": on ? (up ? "ascending" : "descending") : "none" }, h("button", { type: "button", "data-sort": key, onclick: sort }, title, on ? h("span.arrow", { "aria-hidden": "true" }, up ? "▴" : "▾") : ""));
    }),
  );
}

function rowOf(r, i, on) {
  const repo = r.repos[0] || "";
  const el = h(
    "div.row" + (on ? ".on" : ""),
    { role: "row", id: "row-" + i, "aria-rowindex": i + 2, "aria-selected": on ? "true" : "false", "data-id": r.id },
    h("div.risk", { role: "gridcell" }, badge(r)),
    h("div.title", { role: "gridcell" }, h("a", { href: "#/f/" + r.id, tabindex: "-1" }, r.title), h("span.sub.mono", { title: r.place }, within(r), r.places > 1 ? h("b", ` +${number(r.places - 1)}`) : "")),
    h("div.owner", { role: "gridcell" }, r.owner ? h("span", { title: r.owner }, r.owner) : h("span.nobody", "nobody known"), h("span.sub", { title: r.identity }, r.identity || words(r.kind))),
    h("div.repo", { role: "gridcell" }, h("span", { title: repo }, tail(repo)), r.repos.length > 1 ? h("span.sub", `and ${r.repos.length - 1} more`) : h("span.sub", r.env)),
    h("div.state", { role: "gridcell" }, stateBadge(r.state), r.present ? "" : h("span.sub", "not in HEAD")),
    h("div.age", { role: "gridcell" }, ageText(r.since) ? h("time", { datetime: r.since, title: r.since }, ageText(r.since)) : h("span.sub", "–")),
  );
  el.style.transform = `translateY(${i * HEIGHT}px)`;
  return el;
}

// within is the place without the repository, which has a column of its own: a long
// name would leave no room for the path.
function within(r) {
  const repo = r.repos.find((name) => name && r.place.startsWith(name + ": "));
  return repo ? r.place.slice(repo.length + 2) : r.place;
}

// tail is the end of a long name of a repository, which tells more than its
// beginning.
export function tail(name) {
  const short = name.replace(/^[a-z+]+:\/\//, "").replace(/\.git$/, "").replace(/\/+$/, "");
  const parts = short.split("/");
  return parts.length > 2 ? parts.slice(-2).join("/") : short;
}

// searchedName says in short what was searched: "." says it to nobody.
export const searchedName = () => tail(run.repository_uri || (run.target !== "." && run.target) || run.root || run.target || "");

function drawFacets(box, f, searched, change) {
  const any = f.q || Object.values(f.chosen).some((c) => c.size);
  const focus = document.activeElement?.id;
  box.replaceChildren(h("div.clear", any ? clear(f, change) : ""), ...FACETS.map((facet) => facetBox(facet, f, searched, change)));
  if (focus?.startsWith("facet-")) document.getElementById(focus)?.focus();
}

function facetBox(facet, f, searched, change) {
  const values = count(facet, f, searched);
  const chosen = f.chosen[facet.key] || new Set();
  const many = values.length > FEW + 2 && !expanded.has(facet.key);
  const shown = many ? values.filter(([v], i) => i < FEW || chosen.has(v)) : values;
  const list = h("div.values" + (many ? "" : ".all"), { role: "group", "aria-label": facet.title });
  for (const [value, n] of shown) {
    const id = "facet-" + facet.key + "-" + values.findIndex(([v]) => v === value);
    const toggle = () => {
      if (chosen.has(value)) chosen.delete(value);
      else chosen.add(value);
      f.chosen[facet.key] = chosen;
      change();
    };
    const name = value === "" ? facet.none || "none" : facet.key === "repo" ? tail(value) : words(value);
    list.append(h("label" + (n ? "" : ".zero"), { title: value }, h("input", { type: "checkbox", id, checked: chosen.has(value), onchange: toggle }), facet.key === "risk" ? h("i.dot." + value, { "aria-hidden": "true" }) : "", h("span.name", name), h("span.n", number(n))));
  }
  if (many) list.append(h("button.plain", { type: "button", id: "facet-more-" + facet.key, onclick: () => { expanded.add(facet.key); change(); } }, `show all ${number(values.length)}`));
  const box = h("details", { open: !shut.has(facet.key) || chosen.size > 0 }, h("summary", facet.title), list);
  box.addEventListener("toggle", () => (box.open ? shut.delete(facet.key) : shut.add(facet.key)));
  return box;
}
