// Workers that end while their calls are open, in every way in which one can end. Two at a time, each with a
// copy of the glue of its own.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Client } from '../../../examples/node/imagekit.mjs';

const fileId = process.argv[2];

function ended(way) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { argv: [fileId], workerData: way });
    worker.on('message', () => way === 'terminate' && worker.terminate());
    worker.on('error', () => {}); // it was meant to throw
    worker.on('exit', resolve);
  });
}

if (isMainThread) {
  for (const way of ['answer', 'terminate', 'exit', 'throw', 'terminate', 'exit', 'throw']) {
    await Promise.all([ended(way), ended(way)]);
  }
  const client = new Client();
  const versions = await client.fileVersions(fileId);
  if (versions.length > 0) process.stdout.write('kept\n');
  client.close();
} else {
  const client = new Client();
  const answer = client.fileVersions(fileId);
  parentPort.postMessage('sent');
  if (workerData === 'exit') setTimeout(() => process.exit(), 10);
  if (workerData === 'throw') setTimeout(() => { throw new Error('on purpose'); }, 10);
  await answer;
  client.close();
}
