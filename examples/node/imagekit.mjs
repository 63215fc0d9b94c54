/**
 * ImageKit's file versions through libimagekit. Copy this file, and `npm install koffi@3`.
 *
 *     const client = new Client();
 *     const versions = await client.fileVersions('66a100000000000000000001');
 *     client.close();
 *
 * In a worker at most four calls run at once. Key and server come from the environment: IMAGEKIT_PRIVATE_KEY, IMAGE_KIT_BASE_URL.
 *
 * The library is the one that IMAGEKIT_LIBRARY names, else the one that the system's loader finds.
 */
import { isMainThread } from 'node:worker_threads';
import koffi from 'koffi';

const systemNames = { darwin: 'libimagekit.0.1.dylib', win32: 'imagekit.dll' };
const systemName = systemNames[process.platform] ?? 'libimagekit.so.0.1';
const library = load(process.env.IMAGEKIT_LIBRARY || systemName);

// Koffi knows a type's name once in a process: a second copy of this file takes other names.
const copies = Symbol.for('imagekit.mjs');
const n = (globalThis[copies] = (globalThis[copies] ?? 0) + 1);
koffi.opaque(`ik_client_${n}`);
koffi.opaque(`ik_call_${n}`);
// A string that the library gives away: koffi copies it, then frees it. As a plain char * it would leak.
koffi.disposable(`ik_string_${n}`, 'char *', library.func('void ik_string_free(void *string)'));
// What the header calls user_data is a number here: which of the open calls has ended.
koffi.proto(`void ik_call_done_${n}(uintptr_t ticket, int32_t status, ik_string_${n} json)`);

const ik = {
  statusName: library.func('const char *ik_status_name(int32_t status)'),
  clientNew: library.func(
    `int32_t ik_client_new(void *config, _Out_ ik_client_${n} **client, _Out_ ik_string_${n} *error)`,
  ),
  clientFree: library.func(`void ik_client_free(ik_client_${n} *client)`),
  callStart: library.func(
    `int32_t ik_call_start(ik_call_${n} *call, ik_call_done_${n} *done, uintptr_t ticket)`,
  ),
  callPerform: library.func(
    `int32_t ik_call_perform(ik_call_${n} *call, _Out_ ik_string_${n} *json)`,
  ),
  callGetMetadata: library.func(
    `int32_t ik_call_get_metadata(ik_call_${n} *call, _Out_ ik_string_${n} *json)`,
  ),
  callFree: library.func(`void ik_call_free(ik_call_${n} *call)`),
};

/** The operations, by their names in imagekit.h, and how many strings each takes. */
const operations = {
  get_file_versions: describer('get_file_versions', 1),
  get_file_version_details: describer('get_file_version_details', 2),
  restore_file_version: describer('restore_file_version', 2),
  delete_file_version: describer('delete_file_version', 2),
  request: describer('request', 3),
};

function load(name) {
  try {
    return koffi.load(name);
  } catch (error) {
    throw new Error(`${name}: ${error.message}: set IMAGEKIT_LIBRARY to the library's path`);
  }
}

function describer(operation, count) {
  const strings = 'const char *, '.repeat(count);
  return library.func(
    `int32_t ik_${operation}_call(ik_client_${n} *client, ${strings}_Out_ ik_call_${n} **call)`,
  );
}

/** What came of a call that failed: its code, such as 'not_found', and the rest. */
export class ImageKitError extends Error {
  constructor(status, document) {
    const error = document ? JSON.parse(document).error : {};
    super(error.message ?? 'IMAGE_KIT_LOG=warn tells why');
    this.name = 'ImageKitError';
    this.status = status;
    this.code = ik.statusName(status);
    this.httpStatus = error.httpStatus ?? null;
    this.requestId = error.requestId ?? null;
  }

  toString() {
    const http = this.httpStatus === null ? '' : ` (HTTP ${this.httpStatus})`;
    return `${this.code}${http}: ${this.message}`;
  }
}

/** A client of ImageKit's API. Any number of calls may be open at once. */
export class Client {
  #handle;

  constructor() {
    const [client, error] = [[null], [null]];
    const status = ik.clientNew(null, client, error);
    if (status !== 0) throw new ImageKitError(status, error[0]);
    this.#handle = client[0];
  }

  /** Frees the client. Calls that are open go on, new ones fail with invalid_argument. */
  close() {
    ik.clientFree(this.#handle);
    this.#handle = null;
  }

  [Symbol.dispose]() {
    this.close();
  }

  async fileVersions(fileId) {
    return (await this.call('get_file_versions', fileId)).data;
  }

  async fileVersion(fileId, versionId) {
    return (await this.call('get_file_version_details', fileId, versionId)).data;
  }

  async restoreFileVersion(fileId, versionId) {
    return (await this.call('restore_file_version', fileId, versionId)).data;
  }

  async deleteFileVersion(fileId, versionId) {
    await this.call('delete_file_version', fileId, versionId);
  }

  /** Any other request, such as request('GET', '/v1/files?limit=10'). */
  async request(method, path, body) {
    return this.call('request', method, path, body === undefined ? null : JSON.stringify(body));
  }

  /** An operation by its name in imagekit.h: its answer, and the metadata of the call. */
  async call(operation, ...strings) {
    const describe = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!describe) throw new TypeError(`there is no operation ${operation}`);
    strings.forEach(expectString);
    const described = [null];
    const status = describe(this.#handle, ...strings, described);
    if (status !== 0) throw new ImageKitError(status);
    const [call] = described;
    try {
      const data = JSON.parse(await ended(call));
      return { data, metadata: metadata(call) };
    } finally {
      ik.callFree(call);
    }
  }
}

function expectString(value) {
  if (value === null) return; // for the library to judge
  if (typeof value !== 'string') throw new TypeError(`a string is needed, not ${typeof value}`);
  if (value.includes('\0')) throw new TypeError('a string with a NUL would end there');
}

// The library tells of the end of a call on a thread of its own, from which koffi comes to ours. So no
// thread waits meanwhile: koffi's own async calls take one each of the four that Node.js has for files
// and names as well.
const open = new Map();
let lastTicket = 0;
let alive = null;

const onDone = koffi.register((ticket, status, json) => {
  const { resolve, reject } = open.get(Number(ticket));
  settled(Number(ticket));
  if (status === 0) resolve(json);
  else reject(new ImageKitError(status, json));
}, `ik_call_done_${n} *`);

/** Sends a call; its answer, once it has ended. */
function ended(call) {
  if (!isMainThread) return performed(call);
  return new Promise((resolve, reject) => {
    const ticket = ++lastTicket;
    open.set(ticket, { resolve, reject });
    alive ??= setInterval(() => {}, 2 ** 31 - 1); // Node.js would end, as it knows of no open call
    const status = ik.callStart(call, onDone, ticket);
    if (status !== 0) {
      settled(ticket); // no callback comes
      reject(new ImageKitError(status));
    }
  });
}

/**
 * The same in a worker: one that is ended while a call runs would take the callback's code with it, and
 * then the process. So a thread of Node.js waits instead, one of four.
 */
function performed(call) {
  return new Promise((resolve, reject) => {
    const json = [null];
    ik.callPerform.async(call, json, (error, status) => {
      if (error) reject(error);
      else if (status === 0) resolve(json[0]);
      else reject(new ImageKitError(status, json[0]));
    });
  });
}

function settled(ticket) {
  open.delete(ticket);
  if (open.size > 0) return;
  clearInterval(alive);
  alive = null;
}

function metadata(call) {
  const json = [null];
  const status = ik.callGetMetadata(call, json);
  if (status !== 0) throw new ImageKitError(status, json[0]);
  return JSON.parse(json[0]);
}
