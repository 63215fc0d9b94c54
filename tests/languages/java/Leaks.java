import io.imagekit.Answer;
import io.imagekit.Call;
import io.imagekit.ImageKit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** The library's strings are freed: 400 answers of a megabyte leave no megabytes behind. */
final class Leaks {
    private static final int SIZE = 1_000_000;
    private static final int ROUNDS = 40;
    private static final int AT_ONCE = 10;

    public static void main(String[] arguments) throws IOException {
        try (ImageKit client = new ImageKit()) {
            String body =
                    "{\"file\": \"aGVsbG8=\", \"fileName\": \"a.jpg\", \"description\": \"%s\"}"
                            .formatted("x".repeat(SIZE));
            Answer file = client.request("POST", "/api/v1/files/upload", body).send();
            Call call = client.getFileVersions(file.body().get("/fileId"));

            for (int round = 0; round < 10; round++) {
                fetch(call);
            }
            long before = resident();
            for (int round = 0; round < ROUNDS; round++) {
                fetch(call);
            }
            long grown = resident() - before;
            if (grown > (long) ROUNDS * AT_ONCE * SIZE / 4) {
                throw new AssertionError(grown + " bytes more");
            }
        }
        System.out.println("kept");
    }

    /** Half of them in the background. */
    private static void fetch(Call call) {
        List<CompletableFuture<Answer>> futures =
                IntStream.range(0, AT_ONCE)
                        .mapToObj(
                                number ->
                                        number % 2 == 0
                                                ? call.sendAsync()
                                                : CompletableFuture.supplyAsync(call::send))
                        .toList();
        for (CompletableFuture<Answer> future : futures) {
            if (future.join().body().text().length() < SIZE) {
                throw new AssertionError("the answer is too short");
            }
        }
        System.gc();
    }

    private static long resident() throws IOException {
        String status = Files.readString(Path.of("/proc/self/status"));
        String kilobytes = status.replaceAll("(?s).*VmRSS:\\s+(\\d+) kB.*", "$1");
        return Long.parseLong(kilobytes) * 1024;
    }
}
