package io.imagekit;

import static io.imagekit.LibImageKit.IK_STATUS_INVALID_ARGUMENT;
import static io.imagekit.LibImageKit.IK_STATUS_INVALID_HANDLE;
import static io.imagekit.LibImageKit.IK_STATUS_OK;
import static io.imagekit.LibImageKit.LIBRARY;

/** Why a call did not succeed. */
public final class ImageKitException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final Integer httpStatus;
    private final String requestId;
    private final String reason;

    private ImageKitException(int status, String reason, Integer httpStatus, String requestId) {
        super(message(status, reason, httpStatus));
        this.status = status;
        this.httpStatus = httpStatus;
        this.requestId = requestId;
        this.reason = reason;
    }

    private static String message(int status, String reason, Integer httpStatus) {
        String http = httpStatus == null ? "" : " (HTTP " + httpStatus + ")";
        return LIBRARY.ik_status_name(status) + http + ": " + reason;
    }

    /** The status's name, such as "not_found". */
    public String code() {
        return LIBRARY.ik_status_name(status);
    }

    /** The status's number. */
    public int status() {
        return status;
    }

    /** That of the last answer; null where there was none. */
    public Integer httpStatus() {
        return httpStatus;
    }

    /** What ImageKit's support asks for; null where there is none. */
    public String requestId() {
        return requestId;
    }

    /** The message alone, the server's own where it sent one. */
    public String reason() {
        return reason;
    }

    /** Throws what an error document says, unless the status is a success. */
    static void check(int status, String document) {
        if (status == IK_STATUS_OK) {
            return;
        }
        if (document == null) {
            checkRefusal(status);
        }
        Json error = new Json(document);
        String httpStatus = error.get("/error/httpStatus");
        throw new ImageKitException(
                status,
                error.get("/error/message"),
                httpStatus == null ? null : Integer.valueOf(httpStatus),
                error.get("/error/requestId"));
    }

    /** The same where the library gives a status alone, and nothing was sent. */
    static void checkRefusal(int status) {
        if (status == IK_STATUS_OK) {
            return;
        }
        String reason =
                switch (status) {
                    case IK_STATUS_INVALID_HANDLE -> "the client is closed";
                    case IK_STATUS_INVALID_ARGUMENT ->
                            "an argument cannot be sent; IMAGE_KIT_LOG=warn shows which";
                    default -> "nothing was sent; IMAGE_KIT_LOG=warn may show why";
                };
        throw new ImageKitException(status, reason, null, null);
    }

    static ImageKitException invalidArgument(String reason) {
        return new ImageKitException(IK_STATUS_INVALID_ARGUMENT, reason, null, null);
    }
}
