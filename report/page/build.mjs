// Builds dist/ from src/. The output is committed, and depends on nothing but
// the sources and package-lock.json.
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
await build({ ...common, entryPoints: ["src/main.js"], outfile: out + "/page.js", format: "iife" });
await build({ ...common, entryPoints: ["src/style.css"], outfile: out + "/page.css" });
