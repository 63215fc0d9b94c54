import io.imagekit.Call;
import io.imagekit.ImageKit;
import io.imagekit.ImageKitException;
import java.util.concurrent.CompletionException;

/** What cannot be sent is an exception that says so, and nothing worse. */
final class Refusals {
    public static void main(String[] arguments) {
        String fileId = arguments[0];
        ImageKit client = new ImageKit();
        Call good = client.getFileVersions(fileId);

        expect("invalid_argument: a text holds a NUL", client.getFileVersions(fileId + "\0"));
        expect("invalid_argument: a text is no Unicode", client.getFileVersions("\ud83c"));
        expect(
                "invalid_argument: an argument cannot be sent; IMAGE_KIT_LOG=warn shows which",
                client.getFileVersions(null));

        client.close();
        client.close();
        expect("invalid_handle: the client is closed", good);

        System.out.println("kept");
    }

    private static void expect(String message, Call call) {
        try {
            throw new AssertionError(call.send());
        } catch (ImageKitException error) {
            expectMessage(message, error);
        }
        try {
            throw new AssertionError(call.sendAsync().join());
        } catch (CompletionException error) {
            expectMessage(message, error.getCause());
        }
    }

    private static void expectMessage(String message, Throwable error) {
        if (!message.equals(error.getMessage())) {
            throw new AssertionError(message + " was expected", error);
        }
    }
}
