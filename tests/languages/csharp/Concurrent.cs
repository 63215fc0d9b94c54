using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using ImageKit;

/// <summary>Fetches the versions of all files together, a task for each, five times over.</summary>
static class Concurrent
{
    static void Main(string[] fileIds) => MainAsync(fileIds).GetAwaiter().GetResult();

    static async Task MainAsync(string[] fileIds)
    {
        using (var client = new ImageKitClient())
        {
            await client.GetFileVersionsAsync(fileIds[0]); // connects

            for (var round = 0; round < 5; round++)
            {
                var watch = Stopwatch.StartNew();
                var answers = await Task.WhenAll(fileIds.Select(id => client.GetFileVersionsAsync(id)));
                Console.WriteLine($"{answers.Length} answers in {watch.ElapsedMilliseconds} ms");
            }
        }
    }
}
