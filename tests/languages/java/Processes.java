import io.imagekit.Call;
import io.imagekit.ImageKit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A process that is started when an answer is there blocks no other signals than any. */
final class Processes {
    public static void main(String[] arguments) {
        String usual = blockedSignals();
        try (ImageKit client = new ImageKit()) {
            Call call = client.getFileVersions(arguments[0]);
            String found = call.sendAsync().thenApply(answer -> blockedSignals()).join();
            if (!found.equals(usual)) {
                throw new AssertionError(found + " are blocked, and usually " + usual);
            }
        }
        System.out.println("kept");
    }

    private static String blockedSignals() {
        try {
            Process process = new ProcessBuilder("grep", "SigBlk", "/proc/self/status").start();
            byte[] line = process.getInputStream().readAllBytes();
            return new String(line, StandardCharsets.UTF_8).strip();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
