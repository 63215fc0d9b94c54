// Ends while answers come in, one every few milliseconds: for as long as Node.js tears itself down.
import { Client } from '../../../examples/node/imagekit.mjs';

const client = new Client();
for (let call = 0; call < 60; call++) {
  client.fileVersions(process.argv[2]);
  const until = performance.now() + 4;
  while (performance.now() < until); // the event loop gets no turn
}
process.stdout.write('kept\n', () => process.exit());
