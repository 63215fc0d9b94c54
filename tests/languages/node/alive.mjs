// Nothing but an open call keeps Node.js alive here, and once it has ended nothing does.
import { Client } from '../../../examples/node/imagekit.mjs';

const client = new Client();
client.fileVersions(process.argv[2]).then((versions) => {
  if (versions.length > 0) console.log('kept');
});
client.close(); // what is open goes on
