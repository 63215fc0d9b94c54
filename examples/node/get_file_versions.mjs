/**
 * Lists the versions of a file, the current one first.
 *
 *     npm install
 *     IMAGEKIT_PRIVATE_KEY=private_... node get_file_versions.mjs FILE_ID
 */
import { Client, ImageKitError } from './imagekit.mjs';

async function showVersions(client, fileId) {
  const versions = await client.fileVersions(fileId);
  console.log(`${versions.length} ${versions.length === 1 ? 'version' : 'versions'} of ${fileId}`);
  for (const { name, versionInfo } of versions) {
    console.log(`${versionInfo.id}  ${versionInfo.name}  ${name}`);
  }
  if (versions.length > 0) console.log(`first version: ${versions[0].versionInfo.id}`);
}

async function showResponse(client, fileId) {
  const { metadata } = await client.call('get_file_versions', fileId);
  console.log(`response: status ${metadata.httpStatus}, request id ${metadata.requestId}`);
}

async function showUnknownFile(client) {
  try {
    await client.fileVersions('000000000000000000000000');
  } catch (error) {
    if (!(error instanceof ImageKitError)) throw error;
    console.log(`unknown file: ${error}`);
  }
}

async function main([fileId, ...others]) {
  if (!fileId || others.length > 0) {
    console.error('usage: node get_file_versions.mjs FILE_ID');
    return 2;
  }
  let client;
  try {
    client = new Client();
    await showVersions(client, fileId);
    await showResponse(client, fileId);
    await showUnknownFile(client);
    return 0;
  } catch (error) {
    if (!(error instanceof ImageKitError)) throw error;
    console.error(`error: ${error}`);
    return 1;
  } finally {
    client?.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
