// What AsyncAPI's own parser says of a document on stdin: one line for each finding, then how much it found.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
for (const { severity, code, path, message } of diagnostics) {
  console.log(`${severity} ${code} ${path.join(".")} ${message}`);
}
const count = document ? `${document.channels().all().length} ${document.operations().all().length}` : "nothing";
console.log(count);
process.exitCode = diagnostics.length ? 1 : 0;
