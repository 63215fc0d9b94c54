package io.imagekit;

import static io.imagekit.LibImageKit.LIBRARY;
import static io.imagekit.LibImageKit.take;
import static io.imagekit.LibImageKit.utf8;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * ImageKit's media API, by way of libimagekit. One client serves all threads. Its methods describe a
 * call, which is then sent:
 *
 * <pre>{@code
 * try (ImageKit client = new ImageKit()) {
 *     Answer answer = client.getFileVersions(fileId).send();
 *     CompletableFuture<Answer> later = client.getFileVersions(otherId).sendAsync();
 * }
 * }</pre>
 *
 * <p>Close it. No {@link java.lang.ref.Cleaner} does so for one that was forgotten: connections should
 * not wait for a collector, and one could be freed while its last call is still being described.
 */
public final class ImageKit implements AutoCloseable {
    /** A number, which the library looks up: one that was freed is refused, and never followed. */
    private final Pointer handle;

    /** Makes a client with the settings of the environment; the key is IMAGEKIT_PRIVATE_KEY. */
    public ImageKit() {
        PointerByReference client = new PointerByReference();
        PointerByReference problem = new PointerByReference();
        int status = LIBRARY.ik_client_new(null, client, problem);
        ImageKitException.check(status, take(problem.getValue()));
        handle = client.getValue();
    }

    /** Frees the client. Calls that run go on, later ones fail with the code invalid_handle. */
    @Override
    public void close() {
        LIBRARY.ik_client_free(handle);
    }

    /** The versions of a file, the current one first: an array. */
    public Call getFileVersions(String fileId) {
        return new Call(out -> LIBRARY.ik_get_file_versions_call(handle, utf8(fileId), out));
    }

    /** One version of a file. */
    public Call getFileVersionDetails(String fileId, String versionId) {
        return new Call(
                out ->
                        LIBRARY.ik_get_file_version_details_call(
                                handle, utf8(fileId), utf8(versionId), out));
    }

    /** Makes an older version of a file the current one, and gives it. */
    public Call restoreFileVersion(String fileId, String versionId) {
        return new Call(
                out ->
                        LIBRARY.ik_restore_file_version_call(
                                handle, utf8(fileId), utf8(versionId), out));
    }

    /** Deletes a version of a file that is not the current one. */
    public Call deleteFileVersion(String fileId, String versionId) {
        return new Call(
                out ->
                        LIBRARY.ik_delete_file_version_call(
                                handle, utf8(fileId), utf8(versionId), out));
    }

    /**
     * Any other request.
     *
     * @param path encoded, with its query, such as "/v1/files?limit=10"
     * @param body JSON, or null for none
     */
    public Call request(String method, String path, String body) {
        return new Call(
                out ->
                        LIBRARY.ik_request_call(
                                handle, utf8(method), utf8(path), utf8(body), out));
    }
}
