package io.imagekit;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The functions of imagekit.h, as JNA binds them. Others are bound in the same way. */
interface LibImageKit extends Library {
    LibImageKit LIBRARY = Native.load(name(), LibImageKit.class);

    int IK_STATUS_OK = 0;
    int IK_STATUS_INVALID_ARGUMENT = 1;
    int IK_STATUS_INVALID_HANDLE = 2;
    int IK_STATUS_NO_VALUE = 6;

    String ik_status_name(int status);

    void ik_string_free(Pointer text);

    int ik_client_new(Pointer config, PointerByReference client, PointerByReference error);

    void ik_client_free(Pointer client);

    int ik_get_file_versions_call(Pointer client, byte[] fileId, PointerByReference call);

    int ik_get_file_version_details_call(
            Pointer client, byte[] fileId, byte[] versionId, PointerByReference call);

    int ik_restore_file_version_call(
            Pointer client, byte[] fileId, byte[] versionId, PointerByReference call);

    int ik_delete_file_version_call(
            Pointer client, byte[] fileId, byte[] versionId, PointerByReference call);

    int ik_request_call(
            Pointer client, byte[] method, byte[] path, byte[] body, PointerByReference call);

    int ik_call_perform(Pointer call, PointerByReference json);

    int ik_call_get_metadata(Pointer call, PointerByReference json);

    void ik_call_free(Pointer call);

    int ik_queue_new(PointerByReference queue);

    int ik_queue_start(Pointer queue, Pointer call, Pointer userData);

    int ik_queue_next(
            Pointer queue,
            long timeoutMs,
            IntByReference status,
            PointerByReference userData,
            PointerByReference json);

    void ik_queue_free(Pointer queue);

    int ik_json_get(byte[] json, byte[] pointer, PointerByReference value);

    /**
     * A text as C wants it: UTF-8 with a NUL at its end. JNA 5.13 encodes a String as the locale has
     * it, whatever OPTION_STRING_ENCODING says; and C would take what is before a NUL for the whole.
     */
    static byte[] utf8(String text) {
        if (text == null) {
            return null;
        }
        if (text.indexOf('\0') >= 0) {
            throw ImageKitException.invalidArgument("a text holds a NUL");
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining() + 1];
            encoded.get(bytes, 0, encoded.remaining());
            return bytes;
        } catch (CharacterCodingException halfOfASurrogatePair) {
            throw ImageKitException.invalidArgument("a text is no Unicode");
        }
    }

    /**
     * Copies a text of the library's and frees it. That it comes as a Pointer and not as a String is
     * what makes the second possible: JNA would copy it and forget it.
     */
    static String take(Pointer text) {
        try {
            return text == null ? null : text.getString(0, "UTF-8");
        } finally {
            LIBRARY.ik_string_free(text);
        }
    }

    /** IMAGEKIT_LIBRARY is a path; without it the system's loader looks, and jna.library.path. */
    private static String name() {
        String path = System.getenv("IMAGEKIT_LIBRARY");
        if (path != null && !path.isEmpty()) {
            return path;
        }
        return Platform.isLinux() ? "libimagekit.so.0.1" : "imagekit";
    }
}
