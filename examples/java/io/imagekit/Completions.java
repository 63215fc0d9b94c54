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
    private static final Pointer QUEUE = open();

    private Completions() {}

    /** A call that runs, and who waits for it. */
    private record Started(Pointer call, CompletableFuture<Answer> future) {}

    private static Pointer open() {
        PointerByReference queue = new PointerByReference();
        ImageKitException.checkRefusal(LIBRARY.ik_queue_new(queue));
        Thread taker = new Thread(Completions::takeAll, "imagekit");
        taker.setDaemon(true); // does not keep the program alive
        taker.start();
        return queue.getValue();
    }

    /** Sends a call. Its completion comes in any case, after a cancellation too. */
    static void start(Pointer call, CompletableFuture<Answer> future) {
        Long number = LAST_NUMBER.incrementAndGet();
        STARTED.put(number, new Started(call, future));
        int status = LIBRARY.ik_queue_start(QUEUE, call, Pointer.createConstant(number));
        if (status != IK_STATUS_OK) {
            STARTED.remove(number);
        }
        ImageKitException.checkRefusal(status);
    }

    private static void takeAll() {
        IntByReference status = new IntByReference();
        PointerByReference number = new PointerByReference();
        PointerByReference json = new PointerByReference();
        while (LIBRARY.ik_queue_next(QUEUE, FOR_EVER, status, number, json) == IK_STATUS_OK) {
            Started started = STARTED.remove(Pointer.nativeValue(number.getValue()));
            complete(started, status.getValue(), take(json.getValue()));
        }
    }

    /** What depends on the future may take its time: it does not run on the one thread here. */
    private static void complete(Started started, int status, String document) {
        started.future.completeAsync(() -> Call.answer(started.call, status, document));
    }
}
