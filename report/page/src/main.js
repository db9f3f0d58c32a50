// The page of a run: three views, which the address tells apart.
import { h, icon, number } from "./dom.js";
import { run, total, live, version } from "./data.js";
import { listView, searchedName, lastAddress } from "./list.js";
import { findingView } from "./finding.js";
import { overviewView } from "./overview.js";
import { graphView } from "./graph.js";

const app = document.getElementById("app");
const main = h("main", { id: "main", tabindex: "-1" });
let view;

const TABS = [
  ["overview", "Overview", "#/"],
  ["findings", "Findings", "#/findings"],
  ["graph", "Graph", "#/graph"],
];

function show() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const params = new URLSearchParams(query);
  const [name, id] = path.split("/");
  const views = { findings: () => listView(params), f: () => findingView(id), graph: () => graphView(params) };
  view = (Object.hasOwn(views, name) ? views[name] : overviewView)();
  document.documentElement.dataset.view = Object.hasOwn(views, name) ? name : "overview";
  main.replaceChildren(view);
  main.scrollTop = 0;
  const tab = { "": "overview", f: "findings" }[name] ?? name;
  for (const a of document.querySelectorAll("nav.tabs a")) {
    if (a.dataset.tab === tab) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
    if (a.dataset.tab === "findings") a.setAttribute("href", lastAddress());
  }
  if (view.shown) view.shown();
  else if (begun) (view.querySelector("h1[tabindex]") || main).focus({ preventScroll: true });
  begun = true;
}
let begun = false;

// The theme is the system's until somebody chooses one.
function themeButton() {
  const root = document.documentElement;
  let chosen = "";
  try {
    chosen = localStorage.getItem("whosekey-theme") || "";
  } catch {
    // a page from a file may have no storage
  }
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const turn = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("whosekey-theme", root.dataset.theme);
    } catch {
      // as above
    }
  };
  return h("button.round", { type: "button", id: "theme", title: "Light or dark (t)", "aria-label": "Switch between light and dark", onclick: turn }, icon("sun", 18));
}

const KEYS = [
  ["/", "search"],
  ["j, k or arrows", "next and previous finding"],
  ["Enter", "open the finding; walk to the node"],
  ["Esc or u", "back to the list"],
  ["o, f, g", "overview, findings, graph"],
  ["t", "light or dark"],
  ["?", "this list"],
];

const help = h("dialog.help", { "aria-labelledby": "help-title" }, h("h2", { id: "help-title" }, "Keys"), h("dl.facts", ...KEYS.map(([k, what]) => h("div", h("dt", h("kbd", k)), h("dd", what)))), h("form", { method: "dialog" }, h("button", "Close")));
help.querySelector("button").addEventListener("click", (e) => {
  e.preventDefault(); // the page's policy lets no form be sent, not even this one
  help.close();
});

function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || help.open) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox";
  if (typing) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  const follow = (key) => document.querySelector(`[data-step="${key}"]`)?.click();
  const act = {
    "/": () => document.getElementById("search")?.focus(),
    o: () => (location.hash = "#/"),
    f: () => (location.hash = lastAddress()),
    g: () => (location.hash = "#/graph"),
    t: () => document.getElementById("theme").click(),
    "?": () => help.showModal(),
    j: () => follow("j"),
    k: () => follow("k"),
    u: () => follow("back"),
    Escape: () => follow("back"),
  }[e.key];
  if (!act) return;
  if (e.defaultPrevented) return;
  e.preventDefault();
  act();
}

const target = searchedName();
app.replaceChildren(
  h("a.skip", { href: "#main", onclick: (e) => { e.preventDefault(); main.focus(); } }, "Skip to the content"),
  h(
    "header.top",
    h("a.brand", { href: "#/", "aria-label": "whosekey, overview" }, icon("key", 22), h("span", "whosekey")),
    h("nav.tabs", { "aria-label": "Views" }, ...TABS.map(([tab, name, href]) => h("a", { href, "data-tab": tab }, name, tab === "findings" && total ? h("span.n", number(total)) : ""))),
    h("span.target.mono", { title: run.target || "" }, target),
    themeButton(),
    h("button.round", { type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: () => help.showModal() }, "?"),
  ),
  main,
  help,
);
addEventListener("hashchange", show);
addEventListener("keydown", keys);
addEventListener("beforeprint", () => {
  for (const d of document.querySelectorAll("main details:not([open])")) {
    d.dataset.shut = "1";
    d.open = !d.classList.contains("side");
  }
  view?.print?.(true);
});
addEventListener("afterprint", () => {
  for (const d of document.querySelectorAll("details[data-shut]")) {
    d.open = false;
    delete d.dataset.shut;
  }
  view?.print?.(false);
});
show();
document.documentElement.dataset.ready = "1";

// A page that is served asks now and then whether there is something new.
async function watch() {
  let known = version;
  const banner = h("div.news", { role: "status", hidden: true }, "There are new results. ", h("button", { type: "button", onclick: () => location.reload() }, "Show them"));
  app.append(banner);
  const ask = async () => {
    try {
      const answer = await fetch("version", { cache: "no-store" });
      if (!answer.ok) return;
      const now = await answer.text();
      if (known && now !== known) banner.hidden = false;
      known = now;
    } catch {
      // the server has ended: what is here stays readable
    }
  };
  await ask();
  setInterval(ask, 5000);
}
if (live) watch();
