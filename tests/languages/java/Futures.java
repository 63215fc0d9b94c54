import io.imagekit.Answer;
import io.imagekit.Call;
import io.imagekit.ImageKit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Futures may wait for one another, fail, be cancelled, and be left alone at the end. */
final class Futures {
    public static void main(String[] arguments) {
        ImageKit client = new ImageKit();
        Call call = client.getFileVersions(arguments[0]);

        CompletableFuture<Answer> waiting = call.sendAsync().thenApply(first -> call.send());
        expect("200", status(waiting.join()));

        CompletableFuture<Answer> failing = call.sendAsync();
        failing.thenAccept(
                answer -> {
                    throw new IllegalStateException("of the user's own");
                });
        expect("200", status(failing.join()));

        CompletableFuture<Answer> late = call.sendAsync().orTimeout(10, TimeUnit.MILLISECONDS);
        expect("TimeoutException", late.handle((answer, error) -> simpleName(error)).join());

        call.sendAsync().cancel(true);
        expect("200", status(call.sendAsync().join()));

        for (int left = 0; left < 8; left++) {
            call.sendAsync(); // runs while the program ends
        }
        client.close();
        System.out.println("kept");
    }

    private static String status(Answer answer) {
        return answer.metadata().get("/httpStatus");
    }

    private static String simpleName(Throwable error) {
        return error == null ? "an answer" : error.getClass().getSimpleName();
    }

    private static void expect(String expected, String found) {
        if (!expected.equals(found)) {
            throw new AssertionError(expected + " was expected, and not " + found);
        }
    }
}
