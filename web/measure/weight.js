// How much JavaScript the mail view needs before it is there, compressed; too much ends the build.

import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';

const KIB_MAX = 150;
const folder = process.argv[2] ?? 'dist';
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const wanted = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
const seen = new Set();
let octets = 0;
while (wanted.length > 0) {
  const name = wanted.pop();
  if (!name || seen.has(name)) continue;
  seen.add(name);
  const text = readFileSync(join(folder, name));
  octets += gzipSync(text, { level: 9 }).length;
  // What is imported from the start; `import(...)` is fetched when it is needed.
  for (const match of text.toString('utf8').matchAll(/(?:from|import)\s*["'](\.[^"']+\.js)["']/g)) wanted.push(posix.join(dirname(name), match[1]));
}
const kib = octets / 1024;
console.log(`JavaScript of the mail view: ${kib.toFixed(1)} KiB compressed, in ${seen.size} files; at most ${KIB_MAX} KiB`);
if (kib > KIB_MAX) process.exit(1);
