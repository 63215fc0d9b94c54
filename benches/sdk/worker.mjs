// The official Node SDK as a worker, see benches/c/worker.h: worker.mjs FOLDER_OF_PACKAGES BASE_URL
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [packages, baseURL] = process.argv.slice(2);
const ImageKit = createRequire(`${packages}/`)('@imagekit/nodejs').default;

const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

const client = new ImageKit({ privateKey: 'private_bench', baseURL });
for await (const line of createInterface({ input: process.stdin })) {
  const cpu = spent();
  const start = process.hrtime.bigint();
  for (let i = 0; i < Number(line); i++) {
    const versions = await client.files.versions.list(`0-${i % 1000}`);
    assert(versions[0].versionInfo.id);
  }
  console.log(`${process.hrtime.bigint() - start} ${spent() - cpu}`);
}
console.log(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
