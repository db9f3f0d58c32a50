// The page of one finding: where it is, whose it is, how that is known, what
// happened when, and what to do.
import { h, link, words, number, plural, copyButton } from "./dom.js";
import { detail, byID, nodeOf, age } from "./data.js";
import { badge, stateBadge, meaning, frame, facts, bar, sure, day, shortID } from "./parts.js";
import { neighbours, lastAddress } from "./list.js";
import { picture } from "./graph.js";

const FIRST = 5; // places that are shown at first

export function findingView(id) {
  const row = byID.get(id);
  const view = h("article.finding");
  if (!row) {
    view.append(h("h1", "No such finding"), h("p", "It is not in this page. ", h("a", { href: "#/findings" }, "All findings")));
    return view;
  }
  const near = neighbours(row);
  const step = (r, text, key) => (r ? h("a.step", { href: "#/f/" + r.id, title: `${r.title} (key ${key})`, "data-step": key }, text) : h("span.step.off", text));
  view.append(
    h("nav.crumbs", { "aria-label": "Findings" }, h("a", { href: lastAddress(), "data-step": "back" }, "← Findings"), h("span.of", near.at ? `${number(near.at)} of ${number(near.of)}` : ""), step(near.before, "↑ Previous", "k"), step(near.after, "↓ Next", "j")),
    h("header.what", h("div.chips", badge(row, true), stateBadge(row.state), h("span.chip", row.confidence + " confidence"), h("span.chip", row.present ? "still there" : "only in the past"), row.env ? h("span.chip", row.env) : ""), h("h1", { tabindex: "-1" }, row.title), h("p.sub", row.provider, row.since ? `, exposed since ${row.since} (${plural(age(row.since), "day")})` : "", ", id ", h("code", shortID(row.id)))),
  );
  const body = h("div.columns", h("p.loading", "Unpacking…"));
  view.append(body);
  view.ready = detail(row).then(
    (d) => body.replaceChildren(...columns(d, row)),
    (e) => body.replaceChildren(h("p.warn", `The details cannot be unpacked (${e.message}): this page needs a browser of 2024 or newer.`)),
  );
  return view;
}

function columns(d, row) {
  const id = d.identity;
  const cred = id?.credentials?.find((c) => c.id === d.id);
  const plan = cred?.plan?.length ? cred.plan : id?.plan;
  const risk = cred?.risk || id?.risk;
  const controls = cred?.controls || id?.control_detail;
  return [
    h("div.wide", whose(d, id, cred), places(d), planOf(plan, d), evidence(id), timeline(d, cred)),
    h("aside.narrow", riskOf(risk, row), graphOf(row), verdict(d), why(d), controlsOf(controls)),
  ];
}

const section = (cls, title, ...body) => (body.some((b) => b && b !== "") ? h("section.card." + cls, h("h2", title), ...body) : null);

function whose(d, id, cred) {
  if (!id) return section("whose", "Whose key is this?", h("p", "Nobody looked: the run was made without identities, or before they were known."));
  const name = id.name || id.provider_id || "";
  const tenant = id.tenant ? [id.tenant.kind, id.tenant.id, id.tenant.name && `“${id.tenant.name}”`].filter(Boolean).join(" ") : "";
  const owners = (id.owners || []).map((o) => h("li" + (o.gone ? ".gone" : ""), h("b", o.name || o.email || "?"), o.kind === "person" ? "" : h("span.tag", o.kind), o.gone ? h("span.tag.warn", "has left") : "", h("span.sub", `${o.reason || words(o.source)}${o.ref ? ", " + o.ref : ""}`), meter(o.confidence)));
  return section(
    "whose",
    "Whose key is this?",
    h("p.answer", h("span.mono", name || words(id.identity_type)), name ? h("span.sub", words(id.identity_type)) : "", meter(id.confidence)),
    id.conflict ? h("p.warn", "Conflict: ", id.conflict) : "",
    facts([
      ["Tenant", tenant],
      ["Environment", id.environment ? id.environment + (id.environment_source ? ` (${words(id.environment_source)})` : "") : ""],
      ["Permissions", (id.permissions || []).join(", ")],
      ["Status", id.status ? `${words(id.status)}${id.status_reason ? ": " + id.status_reason : ""}` : ""],
      ["Key id", cred?.key_id],
      ["Label", cred?.label],
      ["Inventory", id.inventory?.matched ? [id.inventory.source, id.inventory.by && "by " + id.inventory.by, id.inventory.state].filter(Boolean).join(", ") : ""],
      ["Declared", (id.declared_in || []).length ? listed(id.declared_in.map((x) => `${x.address || x.kind} (${x.ref || x.kind})`)) : ""],
      ["Used by", (id.consumers || []).length ? listed(id.consumers.map((c) => `${c.name || c.ref} (${[words(c.kind), c.ref !== c.name && c.ref, c.via, c.needs && `needs ${c.needs}`].filter(Boolean).join(", ")})`)) : ""],
    ]),
    owners.length ? [h("h3", "Owners, best first"), h("ol.owners", ...owners)] : h("p.nobody", "Nobody is known to own it."),
  );
}

const meter = (c) => (c ? h("span.meter", { title: `confidence ${c} of 1` }, bar(c), `${sure(c)}, ${c.toFixed(2)}`) : "");

function listed(list) {
  const ul = h("ul.plainlist", ...list.slice(0, FIRST).map((x) => h("li", x)));
  if (list.length > FIRST) {
    const more = h("button.plain", { type: "button", onclick: () => ul.replaceChildren(...list.map((x) => h("li", x))) }, `and ${number(list.length - FIRST)} more`);
    ul.append(h("li", more));
  }
  return ul;
}

function places(d) {
  const all = d.locations.map((l, i) => placeOf(l, d.links[i]));
  const box = h("div.places", ...all.slice(0, FIRST));
  if (all.length > FIRST) box.append(h("button.plain", { type: "button", onclick: (e) => e.target.replaceWith(...all.slice(FIRST)) }, `show ${number(all.length - FIRST)} more places`));
  if (d.more_places) box.append(h("p.sub", `and ${number(d.more_places)} more places, which are in the run's JSON`));
  return section("where", all.length + (d.more_places || 0) > 1 ? `Where: ${plural(all.length + (d.more_places || 0), "place")}` : "Where", box);
}

function placeName(l) {
  const short = shortID(l.commit || l.blob);
  switch (l.kind) {
    case "commit":
      return `commit ${short}, ${l.field || "message"}`;
    case "tag":
      return `tag object ${shortID(l.blob || l.commit)}, ${l.field || "message"}`;
    case "note":
      return `note on ${shortID(l.note_for)}`;
    case "refname":
      return `the name of ${l.path}`;
    case "stdin":
      return "standard input" + (l.in_archive ? "!" + l.in_archive : "");
  }
  return l.path || (l.image ? `${l.image}, ${l.field || "image"}` : l.field || "no known place");
}

function placeOf(l, url) {
  const pos = l.head || l;
  const name = placeName(l) + (pos.line ? `:${pos.line}:${pos.column}` : "");
  const since = [l.commit && `commit ${shortID(l.commit)}`, day(l.date), l.author].filter(Boolean).join(", ");
  const now = l.kind === "file" || l.kind === "stdin" || l.kind === "log" ? "" : l.staged ? "staged, in no commit yet" : l.unreachable ? "in no commit that a branch leads to" : l.at_head ? (l.image ? "in the final image" : "still in HEAD") : l.image ? "not in the final image" : "not in HEAD";
  const image = l.image ? [l.image, l.platform, l.layer && `layer ${l.layer} of ${l.layers}`, l.removed_in_layer && `removed in layer ${l.removed_in_layer}`].filter(Boolean).join(", ") : "";
  const job = [l.service, l.repository, l.workflow, l.job, l.step, l.attempt && `attempt ${l.attempt}`, l.printed && `printed by ${l.printed}`].filter(Boolean).join(", ");
  return h(
    "div.place",
    h("p.name.mono", url ? link(url, name) : name),
    h("p.sub", [since, now].filter(Boolean).join("; ")),
    image ? h("p.sub", image, l.instruction ? h("code", l.instruction) : "") : "",
    l.repository && !job ? h("p.sub", l.repository) : "",
    job ? h("p.sub", l.run_url ? link(l.run_url, job) : job) : "",
    l.source ? h("p.sub", `printed by ${l.source}:${l.source_line}`) : "",
    l.problem ? h("p.warn", l.problem) : "",
    frame(pos),
  );
}

function planOf(plan, d) {
  if (!plan?.length) return section("plan", "What to do", d.rotate ? h("p", d.rotate) : "", d.about ? h("p", link(d.about, d.about)) : "");
  return section(
    "plan",
    "What to do",
    h("ol.steps", ...plan.map((a) => h("li", h("h3", words(a.step)), h("p", a.text), a.command?.length ? a.command.map((c) => h("div.command", h("pre", { tabindex: "0" }, h("code", c)), copyButton(c))) : "", a.url ? h("p.sub", link(a.url, a.url.replace(/^https?:\/\//, ""))) : ""))),
  );
}

function evidence(id) {
  const list = [...(id?.evidence || [])].sort((a, b) => b.weight - a.weight);
  if (!list.length) return null;
  const row = (e) => h("tr", h("td", words(e.claim)), h("td.mono", e.value), h("td", meter0(e.weight)), h("td", e.reason || "", h("span.sub", [words(e.kind), e.basis && "rests on " + words(e.basis), e.ref].filter(Boolean).join(", "))));
  return section("evidence", "Evidence", h("div.wrap", { tabindex: "0", role: "region", "aria-label": "Evidence" }, h("table", h("thead", h("tr", ...["Claim", "Value", "Weight", "Why"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", ...list.map(row)))));
}

const meter0 = (w) => h("span.meter", bar(w), w.toFixed(2));

function events(d, cred) {
  const out = [];
  const add = (at, what, more, cls) => at && out.push({ at, what, more, cls });
  add(cred?.issued_at, "made");
  add(cred?.last_rotated_at, "rotated");
  for (const l of d.locations) add(l.date, l.unreachable ? "committed, and left behind" : "committed", [placeName(l), l.author].filter(Boolean).join(", "), "bad");
  add(cred?.last_used_at, "last used");
  add(d.verdict_detail?.time, `asked ${d.verdict_detail?.host || "its provider"}: ${d.verdict}`, d.verdict_detail?.reason, d.verdict);
  for (const e of d.events || []) add(e.at, e.what, e.detail, e.state);
  add(cred?.expires_at, Date.parse(cred?.expires_at) > Date.now() ? "ends" : "ended");
  out.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return out;
}

function timeline(d, cred) {
  const list = events(d, cred);
  if (!list.length) return null;
  const shown = list.length > 14 ? [...list.slice(0, 7), null, ...list.slice(-6)] : list;
  return section("when", "Timeline", h("ol.timeline", ...shown.map((e) => (e ? h("li." + (e.cls || "dull"), h("time", { datetime: e.at }, day(e.at)), h("span", h("b", e.what), e.more ? h("span.sub", e.more) : "")) : h("li.gap", h("span"), h("span.sub", `${number(list.length - 13)} more`))))));
}

function riskOf(risk, row) {
  if (!risk) return section("risk", "Severity", h("p.score." + row.band, h("b", String(row.rank)), " of 100"), h("p.sub", "from the kind of credential and how sure the match is; nobody looked whose it is"));
  return section(
    "risk",
    "Risk",
    h("p.score." + risk.band, h("b", String(risk.score)), ` of 100, ${risk.band}`),
    risk.cap ? h("p.sub", "Capped: ", risk.cap) : "",
    h("ul.factors", ...(risk.factors || []).map((f) => h("li", h("span.name", words(f.name)), bar(f.max ? f.points / f.max : 0, risk.band), h("span.n", `${f.points} of ${f.max}`), h("span.sub", f.why)))),
  );
}

function graphOf(row) {
  const node = nodeOf.get(row.i);
  if (!node || !row.linked) return null;
  return section("around", "Around it", picture(node, { small: true }), h("p", h("a", { href: "#/graph?at=" + node.i }, "Walk the graph")));
}

function verdict(d) {
  const v = d.verdict_detail;
  return section(
    "verdict",
    "Does it work?",
    h("p", stateBadge(d.verdict), h("span.sub", meaning(d.verdict))),
    v
      ? facts([
          ["Asked", v.host],
          ["Class", v.class],
          ["Answer", v.reason],
          ["When", (v.time || "").replace("T", " ").replace("Z", " UTC")],
          ["Control", v.control],
          ...Object.entries(v.facts || {}).map(([k, x]) => [words(k), x]),
        ])
      : null,
  );
}

function why(d) {
  return section(
    "found",
    "Why it was found",
    facts([
      ["Rule", h("code", d.rule)],
      ["Confidence", d.confidence],
      ["Checks", d.why?.length ? listed(d.why) : ""],
      ["Decoded from", d.encoding],
      ["Also matched", (d.also || []).join(", ")],
      ["Docs", d.about ? link(d.about, d.about.replace(/^https?:\/\//, "").replace(/\/$/, "")) : ""],
      ["Id", h("code.id", d.id)],
    ]),
  );
}

function controlsOf(list) {
  if (!list?.length) return null;
  const own = list.filter((c) => /^NHI\d/.test(c.id));
  const linked = list.filter((c) => !own.includes(c));
  const item = (c) => h("li", h("b", c.id), " ", c.title || "", c.why ? h("span.sub", c.why) : "");
  return section("controls", "Controls", h("ul.plainlist", ...own.map(item)), linked.length ? h("details", h("summary", `${plural(linked.length, "clause")} that this project links to them`), h("ul.plainlist", ...linked.map(item))) : "");
}
