// Builds web/dist: one style sheet, one browser program, the fonts of pages and of papers, and manifest.json, which
// maps the plain names to the hashed ones that pages link to.
import { build } from "esbuild";
import * as sass from "sass";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(here, "node_modules");
const dist = path.join(here, "dist");

/** @font-face rules for the subsets that Vietnamese and English pages need. */
async function fontFaces() {
  const family = path.join(modules, "@fontsource/be-vietnam-pro");
  const ranges = JSON.parse(await readFile(path.join(family, "unicode.json"), "utf8"));
  const faces = [["400", "normal"], ["400", "italic"], ["500", "normal"], ["600", "normal"]];
  return faces.flatMap(([weight, style]) => ["vietnamese", "latin-ext", "latin"].map((subset) => `@font-face{
font-family:"Be Vietnam Pro";font-style:${style};font-weight:${weight};font-display:swap;
src:url("${family}/files/be-vietnam-pro-${subset}-${weight}-${style}.woff2") format("woff2");
unicode-range:${ranges[subset]};}`)).join("\n");
}

async function emit(name, bytes, names) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const { name: stem, ext } = path.parse(name);
  names[name] = `${stem}-${hash}${ext}`;
  await writeFile(path.join(dist, names[name]), bytes);
}

await rm(dist, { recursive: true, force: true });
await mkdir(path.join(dist, "fonts-print"), { recursive: true });
const names = {};

const compiled = sass.compile(path.join(here, "styles/app.scss"), { loadPaths: [modules], quietDeps: true });
const css = await build({
  stdin: { contents: (await fontFaces()) + compiled.css, loader: "css", resolveDir: here },
  bundle: true, minify: true, write: false, outdir: dist, loader: { ".woff2": "file" },
  assetNames: "[name]-[hash]", target: ["chrome110", "firefox110", "safari16"], logLevel: "error",
});
for (const file of css.outputFiles) {
  if (file.path.endsWith(".css")) await emit("app.css", file.contents, names);
  else await writeFile(file.path, file.contents);
}

const js = await build({
  entryPoints: [path.join(here, "src/app.ts")], bundle: true, minify: true, write: false, format: "esm",
  target: ["chrome110", "firefox110", "safari16"], logLevel: "error",
});
await emit("app.js", js.outputFiles[0].contents, names);
await emit("mark.svg", await readFile(path.join(here, "mark.svg")), names);

for (const [folder, from, to] of [
  ["400Regular", "Tinos_400Regular", "Tinos-Regular"], ["700Bold", "Tinos_700Bold", "Tinos-Bold"],
  ["400Regular_Italic", "Tinos_400Regular_Italic", "Tinos-Italic"],
  ["700Bold_Italic", "Tinos_700Bold_Italic", "Tinos-BoldItalic"],
]) {
  await cp(path.join(modules, "@expo-google-fonts/tinos", folder, `${from}.ttf`), path.join(dist, "fonts-print", `${to}.ttf`));
}
await writeFile(path.join(dist, "manifest.json"), JSON.stringify(names, null, 2) + "\n");
console.log(`web/dist: ${Object.values(names).join(", ")}, 4 fonts for papers`);
