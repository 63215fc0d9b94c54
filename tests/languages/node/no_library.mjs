// Where the library is not found, the error says what to do.
import assert from 'node:assert/strict';

process.env.IMAGEKIT_LIBRARY = '/nowhere/libimagekit.so';
const glue = import('../../../examples/node/imagekit.mjs');
await assert.rejects(glue, /\/nowhere\/libimagekit\.so.*set IMAGEKIT_LIBRARY/s);
console.log('kept');
