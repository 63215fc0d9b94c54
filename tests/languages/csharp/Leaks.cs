using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using ImageKit;

/// <summary>The library's strings are freed: 400 answers of a megabyte leave no megabytes behind.</summary>
static class Leaks
{
    const int Size = 1000000;
    const int Rounds = 40;
    const int AtOnce = 10;

    static void Main() => MainAsync().GetAwaiter().GetResult();

    static async Task MainAsync()
    {
        using (var client = new ImageKitClient())
        {
            var description = new string('x', Size);
            var body = "{\"file\": \"aGVsbG8=\", \"fileName\": \"a.jpg\", \"description\": \"" + description + "\"}";
            var file = await client.RequestAsync("POST", "/api/v1/files/upload", body);
            var fileId = file.Body["/fileId"];

            for (var round = 0; round < 10; round++)
            {
                await FetchAsync(client, fileId);
            }
            var before = Resident();
            for (var round = 0; round < Rounds; round++)
            {
                await FetchAsync(client, fileId);
            }
            var grown = Resident() - before;
            if (grown > (long)Rounds * AtOnce * Size / 4)
            {
                throw new Exception($"{grown} bytes more");
            }
        }
        Console.WriteLine("kept");
    }

    static async Task FetchAsync(ImageKitClient client, string fileId)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => client.GetFileVersionsAsync(fileId)));
        if (answers.Any(answer => answer.Body.Text.Length < Size))
        {
            throw new Exception("an answer is too short");
        }
        GC.Collect();
    }

    static long Resident()
    {
        using (var process = Process.GetCurrentProcess())
        {
            return process.WorkingSet64;
        }
    }
}
