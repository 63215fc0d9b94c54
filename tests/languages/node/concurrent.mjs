// Fetches the versions of files together, in up to five rounds, and tells the times.
import { Client } from '../../../examples/node/imagekit.mjs';

const fileIds = process.argv.slice(2);
const client = new Client();
await client.fileVersions(fileIds[0]); // a warm-up
for (let round = 0; round < 5; round++) {
  const begin = performance.now();
  const answers = await Promise.all(fileIds.map((id) => client.fileVersions(id)));
  const took = performance.now() - begin;
  console.log(
    `${answers.filter((versions) => versions.length > 0).length} answers in ${Math.round(took)} ms`,
  );
}
client.close();
