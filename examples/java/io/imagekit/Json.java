package io.imagekit;

import static io.imagekit.LibImageKit.LIBRARY;
import static io.imagekit.LibImageKit.take;
import static io.imagekit.LibImageKit.utf8;

import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;

/**
 * A JSON document, of which single values are read by the library, as the JDK has no parser. For more
 * than a few give {@link #text} to the parser that you use.
 *
 * @param text the document, as it came
 */
public record Json(String text) {
    /**
     * One value: a string as its text, anything else as JSON.
     *
     * @param pointer where it is, as RFC 6901 has it: "/0/versionInfo/id"
     * @return null if nothing is there, or null
     */
    public String get(String pointer) {
        PointerByReference value = new PointerByReference();
        int status = LIBRARY.ik_json_get(utf8(text), utf8(pointer), value);
        String read = take(value.getValue());
        if (status == LibImageKit.IK_STATUS_NO_VALUE) {
            return null;
        }
        ImageKitException.check(status, read);
        return read;
    }

    /** The elements of an array, up to the first that is null. */
    public List<Json> elements() {
        List<Json> elements = new ArrayList<>();
        for (String element; (element = get("/" + elements.size())) != null; ) {
            elements.add(new Json(element));
        }
        return elements;
    }

    @Override
    public String toString() {
        return text;
    }
}
