// Elements are made here and nowhere else: texts become text nodes, so that what
// was scanned is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

// What cannot be seen, or turns the direction of writing, is shown as its code.
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

export function visible(s) {
  return String(s).replace(unseen, (c) => {
    const n = c.codePointAt(0);
    return n < 0x100 ? "\\x" + n.toString(16).padStart(2, "0") : "\\u" + n.toString(16).padStart(4, "0");
  });
}

function fill(el, attrs, children) {
  for (const [name, value] of Object.entries(attrs || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name === "hidden" || name === "checked" || name === "disabled" || name === "open") el[name] = true;
    else if (name === "value") el.value = value;
    else el.setAttribute(name, visible(value));
  }
  append(el, children);
  return el;
}

function append(el, children) {
  for (const c of children) {
    if (Array.isArray(c)) append(el, c);
    else if (c instanceof Node) el.append(c);
    else if (c !== null && c !== undefined && c !== false && c !== "") el.append(visible(c));
  }
}

// h makes an element: h("p.note", {id: "x"}, "text", child). Attributes may be left out.
export function h(tag, attrs, ...children) {
  const [name, ...classes] = tag.split(".");
  const el = document.createElement(name);
  if (classes.length) el.className = classes.join(" ");
  if (typeof attrs !== "object" || attrs === null || attrs instanceof Node || Array.isArray(attrs)) return fill(el, null, [attrs, ...children]);
  return fill(el, attrs, children);
}

// s makes an element of SVG.
export function s(tag, attrs, ...children) {
  return fill(document.createElementNS(SVG, tag), attrs, children);
}

// Only what is plainly a page is a link: addresses come out of what was scanned.
export function link(url, ...children) {
  if (!/^https?:\/\/[^\s]+$/i.test(url || "")) return h("span", ...children);
  return h("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, ...children);
}

const icons = {
  key: "M8 11a4 4 0 1 1 3.9-5H22v4h-2v3h-4v-3h-4.100A4 4 0 0 1 8 11zm0-5.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3z",
  secret: "M8 12a4 4 0 1 1 3.900-5H21v3.500h-2V13h-3.500v-2.500H11.900A4 4 0 0 1 8 12zm-.5-5.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3z",
  identity: "M4 4h16v14H4zM6 6v10h12V6zm2 2h5v2H8zm0 4h8v2H8z",
  owner: "M12 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 19c0-3.500 3.600-6 8-6s8 2.500 8 6v1H4z",
  consumer: "M10 2h4l.5 2.600 2.300 1.300 2.500-.9 2 3.500-2 1.700v2.700l2 1.700-2 3.500-2.500-.9-2.300 1.300L14 21h-4l-.5-2.600-2.300-1.300-2.500.9-2-3.500 2-1.700v-2.700l-2-1.700 2-3.500 2.500.9 2.300-1.300zm2 6.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  declaration: "M6 2h8l5 5v14H6zm2 2v15h9V8h-4V4zm2 7h5v2h-5zm0 4h5v2h-5z",
  sun: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM4.200 5.600l1.400-1.400 2.800 2.800L7 8.400zM15.600 17l1.400-1.400 2.800 2.800-1.400 1.400zM4.200 18.400 7 15.600 8.400 17l-2.800 2.800zM15.600 7l2.800-2.800 1.400 1.400L17 8.400z",
  copy: "M8 3h11v14h-2V5H8zM5 7h10v14H5zm2 2v10h6V9z",
};

export function icon(name, size = 16) {
  return s("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: "icon" }, s("path", { d: icons[name] || icons.key, "fill-rule": "evenodd" }));
}

export const iconPath = (name) => icons[name];

export const words = (t) => String(t || "").replaceAll("_", " ");

export const number = (n) => Number(n || 0).toLocaleString("en");

export function plural(n, one, many) {
  return number(n) + " " + (n === 1 ? one : many || one + "s");
}

export function bytes(n) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return (i ? n.toFixed(1) : n) + " " + units[i];
}

export function copyButton(text) {
  const b = h("button.copy", { type: "button", title: "Copy", "aria-label": "Copy the command", onclick: () => copy(text, b) }, icon("copy", 14));
  return b;
}

async function copy(text, b) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return; // a page from a file may not, in some browsers: the text can be selected
  }
  b.classList.add("done");
  setTimeout(() => b.classList.remove("done"), 1200);
}
