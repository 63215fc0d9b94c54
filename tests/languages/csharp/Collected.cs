using System;
using System.Linq;
using System.Threading.Tasks;
using ImageKit;

/// <summary>Answers find the tasks that wait for them, and the collector all threads that it stops.</summary>
static class Collected
{
    static void Main(string[] arguments)
    {
        using (var client = new ImageKitClient())
        {
            for (var round = 0; round < 3; round++)
            {
                var tasks = Enumerable.Range(0, 64).Select(_ => client.GetFileVersionsAsync(arguments[0])).ToArray();
                for (var collection = 0; collection < 5; collection++)
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                }
                Task.WaitAll(tasks);
            }
        }
        Console.WriteLine("kept");
    }
}
