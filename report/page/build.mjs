// Builds dist/ from src/. The output is committed, and depends on nothing but
// the sources and package-lock.json.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2] || "dist";
const common = {
  bundle: true,
  minify: true,
  charset: "ascii", // also keeps what could end a script element out of it
  target: ["chrome123", "firefox120", "safari17.5"],
  legalComments: "inline",
  logLevel: "warning",
};
// The licences of what is in the script go where it goes.
const licences = ["@dagrejs/dagre", "@dagrejs/graphlib"].map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}`);
const banner = { js: `/*! The page of whosekey, with:\n\n${licences.join("\n\n")}\n*/` };
await build({ ...common, banner, entryPoints: ["src/main.js"], outfile: out + "/page.js", format: "iife" });
await build({ ...common, entryPoints: ["src/style.css"], outfile: out + "/page.css" });
