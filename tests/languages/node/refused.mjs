// What cannot be right is refused with the error that fits, and nothing is sent.
import assert from 'node:assert/strict';
import { Client, ImageKitError } from '../../../examples/node/imagekit.mjs';

const [fileId] = process.argv.slice(2);
const client = new Client();
// A NUL would cut the id to one that exists.
await assert.rejects(client.fileVersions(`${fileId}\0x`), TypeError);
await assert.rejects(client.request('GET\0', '/v1/files'), TypeError);
await assert.rejects(client.fileVersions(7), TypeError);
await assert.rejects(client.call('no_such_operation', fileId), TypeError);
await assert.rejects(client.call('get_file_versions'), TypeError);

const refusal = await client.fileVersions('..').catch((error) => error);
assert(refusal instanceof ImageKitError);
assert.equal(`${refusal}`, 'invalid_argument: IMAGE_KIT_LOG=warn tells why');

client.close();
client.close(); // once more does nothing
await assert.rejects(client.fileVersions(fileId), { code: 'invalid_argument' });
console.log('kept');
