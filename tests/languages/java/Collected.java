import io.imagekit.Answer;
import io.imagekit.Call;
import io.imagekit.ImageKit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Answers find the futures that wait for them, whatever is collected meanwhile. */
final class Collected {
    public static void main(String[] arguments) {
        try (ImageKit client = new ImageKit()) {
            Call call = client.getFileVersions(arguments[0]);
            List<CompletableFuture<Answer>> futures =
                    IntStream.range(0, 64).mapToObj(number -> call.sendAsync()).toList();
            for (int collection = 0; collection < 5; collection++) {
                System.gc();
            }
            futures.forEach(CompletableFuture::join);

            for (int later = 0; later < 3; later++) {
                System.gc();
                call.sendAsync().join();
            }
        }
        System.out.println("kept");
    }
}
