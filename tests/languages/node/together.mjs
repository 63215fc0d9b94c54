// Of 64 calls none waits for another, timers run meanwhile, and errors reach who awaits them.
import assert from 'node:assert/strict';
import { Client } from '../../../examples/node/imagekit.mjs';

const [fileId] = process.argv.slice(2);
const client = new Client();
await client.fileVersions(fileId);

const times = [];
let ticks = 0;
const ticking = setInterval(() => ticks++, 5);
for (let round = 0; round < 5; round++) {
  const begin = performance.now();
  await Promise.all(Array.from({ length: 64 }, () => client.fileVersions(fileId)));
  times.push(performance.now() - begin);
}
clearInterval(ticking);
assert(Math.min(...times) < 500, `${times}`); // one by one it is 3.2 s, four by four 0.8 s
assert(ticks >= 5, `${ticks} ticks in ${times}`);

const [known, unknown] = await Promise.allSettled([
  client.fileVersions(fileId),
  client.fileVersions('000000000000000000000000'),
]);
assert(known.value[0].versionInfo.id);
assert.equal(unknown.reason.code, 'not_found');
assert.equal(unknown.reason.httpStatus, 404);
assert(unknown.reason.requestId);

const { data, metadata } = await client.request('GET', '/v1/files?limit=1');
assert.equal(metadata.httpStatus, 200);
assert.equal(data.length, 1);
client.close();
console.log('kept');
