using System;
using System.Threading;
using System.Threading.Tasks;
using ImageKit;

/// <summary>Tasks may wait for one another, fail, be cancelled, and be left alone at the end.</summary>
static class Tasks
{
    static void Main(string[] arguments)
    {
        var fileId = arguments[0];
        var client = new ImageKitClient();
        Func<Answer> send = () => client.GetFileVersionsAsync(fileId).GetAwaiter().GetResult();

        var nested = client.GetFileVersionsAsync(fileId).ContinueWith(
            first => send(), TaskContinuationOptions.ExecuteSynchronously);
        Expect("200", nested.Result.Metadata["/httpStatus"]);

        var failing = FailAsync(client, fileId);
        try
        {
            failing.GetAwaiter().GetResult();
            throw new Exception("a failure of the user's own is lost");
        }
        catch (InvalidOperationException)
        {
        }

        using (var late = new CancellationTokenSource(10))
        {
            Expect("canceled", Cancelled(client, fileId, late.Token));
            Expect("canceled", Cancelled(client, fileId, late.Token)); // before it begins
        }
        Expect("200", send().Metadata["/httpStatus"]);

        for (var left = 0; left < 8; left++)
        {
            client.GetFileVersionsAsync(fileId); // runs while the program ends
        }
        Console.WriteLine("kept");
    }

    static async Task FailAsync(ImageKitClient client, string fileId)
    {
        await client.GetFileVersionsAsync(fileId).ConfigureAwait(false);
        throw new InvalidOperationException("of the user's own");
    }

    static string Cancelled(ImageKitClient client, string fileId, CancellationToken cancellation)
    {
        try
        {
            return client.GetFileVersionsAsync(fileId, cancellation).GetAwaiter().GetResult().Body.Text;
        }
        catch (OperationCanceledException)
        {
            return "canceled";
        }
    }

    static void Expect(string expected, string found)
    {
        if (found != expected)
        {
            throw new Exception($"{expected} was expected, and not {found}");
        }
    }
}
