package io.imagekit;

import static io.imagekit.LibImageKit.LIBRARY;
import static io.imagekit.LibImageKit.take;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.concurrent.CompletableFuture;

/** A described call. It may be sent any number of times; each time is a request of its own. */
public final class Call {
    private final Description description;

    Call(Description description) {
        this.description = description;
    }

    /** What describes the call to the library, and gives its status. */
    interface Description {
        int describe(PointerByReference out);
    }

    /** Sends the call and waits. */
    public Answer send() {
        Pointer call = described();
        try {
            PointerByReference json = new PointerByReference();
            int status = LIBRARY.ik_call_perform(call, json);
            return answer(call, status, take(json.getValue()));
        } finally {
            LIBRARY.ik_call_free(call);
        }
    }

    /**
     * Sends the call in the background. To cancel the future, or to complete it in any other way,
     * cancels the call.
     */
    public CompletableFuture<Answer> sendAsync() {
        CompletableFuture<Answer> future = new CompletableFuture<>();
        try {
            Pointer call = described();
            future.whenComplete((answer, error) -> LIBRARY.ik_call_free(call)); // ends what runs
            Completions.start(call, future);
        } catch (RuntimeException | Error error) {
            future.completeExceptionally(error);
        }
        return future;
    }

    private Pointer described() {
        PointerByReference call = new PointerByReference();
        ImageKitException.checkRefusal(description.describe(call));
        return call.getValue();
    }

    /** What came of a call that has ended. */
    static Answer answer(Pointer call, int status, String document) {
        ImageKitException.check(status, document);
        PointerByReference json = new PointerByReference();
        int known = LIBRARY.ik_call_get_metadata(call, json);
        String metadata = take(json.getValue());
        ImageKitException.check(known, metadata);
        return new Answer(new Json(document), new Json(metadata));
    }
}
