import io.imagekit.Answer;
import io.imagekit.ImageKit;
import io.imagekit.ImageKitException;
import io.imagekit.Json;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Prints the versions of a file, the current one first.
 *
 * <pre>
 * export CLASSPATH=/usr/share/java/jna.jar:.
 * javac GetFileVersions.java
 * IMAGEKIT_PRIVATE_KEY=private_... java GetFileVersions FILE_ID
 * </pre>
 *
 * IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.
 */
public final class GetFileVersions {
    /** Nobody has a file with this id. */
    private static final String UNKNOWN_ID = "000000000000000000000000";

    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: java GetFileVersions FILE_ID");
            System.exit(2);
        }
        // Java follows the locale, and would print ? for what is not in it.
        System.setOut(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(System.err, true, StandardCharsets.UTF_8));

        try (ImageKit client = new ImageKit()) {
            print(arguments[0], client.getFileVersions(arguments[0]).send());
            tryUnknown(client);
        } catch (ImageKitException error) {
            System.err.println("error: " + error.getMessage());
            System.exit(1);
        }
    }

    private static void print(String fileId, Answer answer) {
        List<Json> versions = answer.body().elements();

        String noun = versions.size() == 1 ? "version" : "versions";
        System.out.printf("%d %s of %s%n", versions.size(), noun, fileId);
        for (Json version : versions) {
            System.out.printf(
                    "%s  %s  %s%n",
                    version.get("/versionInfo/id"),
                    version.get("/versionInfo/name"),
                    version.get("/name"));
        }
        if (!versions.isEmpty()) {
            System.out.println("first version: " + versions.get(0).get("/versionInfo/id"));
        }
        System.out.printf(
                "response: status %s, request id %s%n",
                answer.metadata().get("/httpStatus"), answer.metadata().get("/requestId"));
    }

    private static void tryUnknown(ImageKit client) {
        try {
            client.getFileVersions(UNKNOWN_ID).send();
        } catch (ImageKitException error) {
            System.out.println("unknown file: " + error.getMessage());
        }
    }
}
