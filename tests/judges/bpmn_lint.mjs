// bpmn-moddle reads every file of a folder without a warning, and bpmnlint finds no error under its recommended rules.
//   node bpmn_lint.mjs FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BpmnModdle } from "bpmn-moddle";
import { Linter } from "bpmnlint";
import NodeResolver from "bpmnlint/lib/resolver/node-resolver.js";

const folder = process.argv[2];
const resolver = new NodeResolver({ require: createRequire(import.meta.url) });
let wrong = 0, files = 0;
const rules = new Map();
for (const file of readdirSync(folder).filter((name) => name.endsWith(".bpmn")).sort()) {
  files += 1;
  const { rootElement, warnings } = await new BpmnModdle().fromXML(readFileSync(join(folder, file), "utf8"));
  for (const warning of warnings) {
    wrong += 1;
    console.log(`${file}: ${warning.message}`);
  }
  // Rules remember what they saw: each file gets its own linter.
  const linter = new Linter({ resolver, config: { extends: "bpmnlint:recommended" } });
  const report = await linter.lint(rootElement);
  for (const [rule, findings] of Object.entries(report)) {
    for (const finding of findings) {
      rules.set(`${rule} (${finding.category})`, (rules.get(`${rule} (${finding.category})`) ?? 0) + 1);
      if (finding.category === "error") {
        wrong += 1;
        console.log(`${file}: ${rule}: ${finding.id ?? ""} ${finding.message}`);
      }
    }
  }
}
console.log(`${files} files, ${wrong} errors`, Object.fromEntries(rules));
process.exit(wrong ? 1 : 0);
