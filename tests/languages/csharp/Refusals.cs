using System;
using System.Threading.Tasks;
using ImageKit;

/// <summary>What cannot be sent is an exception that says so, and nothing worse.</summary>
static class Refusals
{
    static void Main(string[] arguments)
    {
        var fileId = arguments[0];
        var client = new ImageKitClient();

        Expect("invalid_argument: a text holds a NUL", client.GetFileVersionsAsync(fileId + "\0"));
        Expect("invalid_argument: a text is no Unicode", client.GetFileVersionsAsync("\ud83c"));
        Expect(
            "invalid_argument: an argument cannot be sent; IMAGE_KIT_LOG=warn shows which",
            client.GetFileVersionsAsync(null));

        client.Dispose();
        client.Dispose();
        try
        {
            client.GetFileVersionsAsync(fileId).GetAwaiter().GetResult();
            throw new Exception("a client that was disposed of has sent something");
        }
        catch (ObjectDisposedException error) when (error.ObjectName == nameof(ImageKitClient))
        {
        }
        Console.WriteLine("kept");
    }

    static void Expect(string message, Task<Answer> task)
    {
        try
        {
            task.GetAwaiter().GetResult();
            throw new Exception("it was sent");
        }
        catch (ImageKitException error) when (error.Message == message && error.HttpStatus == null)
        {
        }
    }
}
