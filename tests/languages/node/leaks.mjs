// The library's strings are freed: 200 answers of a megabyte leave no megabytes behind.
import assert from 'node:assert/strict';
import { Client } from '../../../examples/node/imagekit.mjs';

const [SIZE, ROUNDS, AT_ONCE] = [1_000_000, 20, 10];

// What is not of the JavaScript heap: that grows and shrinks as V8 likes.
function resident() {
  const { rss, heapTotal } = process.memoryUsage();
  return rss - heapTotal;
}

async function fetch(client, fileId) {
  const calls = Array.from({ length: AT_ONCE }, () => client.fileVersions(fileId));
  const answers = await Promise.all(calls);
  assert(answers.every(([version]) => version.description.length === SIZE));
}

const client = new Client();
const upload = { file: 'aGVsbG8=', fileName: 'a.jpg', description: 'x'.repeat(SIZE) };
const { data } = await client.request('POST', '/api/v1/files/upload', upload);
for (let round = 0; round < 3; round++) await fetch(client, data.fileId);
const before = resident();
for (let round = 0; round < ROUNDS; round++) await fetch(client, data.fileId);
const grown = resident() - before;
client.close();
assert(grown < (ROUNDS * AT_ONCE * SIZE) / 4, `${grown} bytes more`);
console.log('kept');
