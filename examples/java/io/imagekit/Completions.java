package io.imagekit;

import static io.imagekit.LibImageKit.IK_STATUS_OK;
import static io.imagekit.LibImageKit.LIBRARY;
import static io.imagekit.LibImageKit.take;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls that run in the background. A thread of Java's own takes them out of a queue of the library's
 * as they end.
 *
 * <p>ik_call_start() would call back on a thread of the library's, which blocks signals. A pool that
 * grows there passes that on to its threads, and they to the processes that they start.
 */
final class Completions {
    private static final long FOR_EVER = -1; // UINT64_MAX

    private static final Map<Long, Started> STARTED = new ConcurrentHashMap<>();
    private static final AtomicLong LAST_NUMBER = new AtomicLong();
    private static Pointer queue;

    private Completions() {}

    /** A call that runs, and who waits for it. */
    private record Started(Pointer call, CompletableFuture<Answer> future) {}

    /** One queue for all, opened with the first call; what failed then is tried again with the next. */
    private static synchronized Pointer queue() {
        if (queue == null) {
            PointerByReference opened = new PointerByReference();
            ImageKitException.checkRefusal(LIBRARY.ik_queue_new(opened));
            Thread taker = new Thread(() -> takeAll(opened.getValue()), "imagekit");
            taker.setDaemon(true); // does not keep the program alive
            try {
                taker.start();
            } catch (Throwable error) {
                LIBRARY.ik_queue_free(opened.getValue());
                throw error;
            }
            queue = opened.getValue();
        }
        return queue;
    }

    /** Sends a call. Its completion comes in any case, after a cancellation too. */
    static void start(Pointer call, CompletableFuture<Answer> future) {
        Pointer queue = queue();
        Long number = LAST_NUMBER.incrementAndGet();
        STARTED.put(number, new Started(call, future));
        int status = LIBRARY.ik_queue_start(queue, call, Pointer.createConstant(number));
        if (status != IK_STATUS_OK) {
            STARTED.remove(number);
        }
        ImageKitException.checkRefusal(status);
    }

    private static void takeAll(Pointer queue) {
        IntByReference status = new IntByReference();
        PointerByReference number = new PointerByReference();
        PointerByReference json = new PointerByReference();
        while (LIBRARY.ik_queue_next(queue, FOR_EVER, status, number, json) == IK_STATUS_OK) {
            Started started = STARTED.remove(Pointer.nativeValue(number.getValue()));
            try {
                complete(started, status.getValue(), take(json.getValue()));
            } catch (Throwable error) { // without this thread nobody would get an answer any more
                started.future.completeExceptionally(error);
            }
        }
        STARTED.values().forEach(each -> each.future.cancel(false)); // nobody would tell them any more
    }

    /** What depends on the future may take its time: it does not run on the one thread here. */
    private static void complete(Started started, int status, String document) {
        started.future.completeAsync(() -> Call.answer(started.call, status, document));
    }
}
