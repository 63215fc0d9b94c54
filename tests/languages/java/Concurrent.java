import io.imagekit.Answer;
import io.imagekit.ImageKit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Fetches the versions of all files together, a future for each, five times over. */
final class Concurrent {
    public static void main(String[] fileIds) {
        try (ImageKit client = new ImageKit()) {
            client.getFileVersions(fileIds[0]).send(); // connects

            for (int round = 0; round < 5; round++) {
                long begin = System.nanoTime();
                List<CompletableFuture<Answer>> futures =
                        Stream.of(fileIds)
                                .map(fileId -> client.getFileVersions(fileId).sendAsync())
                                .toList();
                List<Answer> answers = futures.stream().map(CompletableFuture::join).toList();
                long milliseconds = (System.nanoTime() - begin) / 1_000_000;
                System.out.printf("%d answers in %d ms%n", answers.size(), milliseconds);
            }
        }
    }
}
