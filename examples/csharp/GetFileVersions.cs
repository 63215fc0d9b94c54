using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using ImageKit;

/// <summary>Prints the versions of a file, the current one first.</summary>
/// <remarks>
/// With .NET:  dotnet run -- FILE_ID
/// With Mono:  mcs *.cs -out:get_file_versions.exe, mono get_file_versions.exe FILE_ID
/// The key comes from IMAGEKIT_PRIVATE_KEY; IMAGE_KIT_BASE_URL names another server than
/// https://api.imagekit.io.
/// </remarks>
public static class GetFileVersions
{
    /// <summary>Nobody has a file with this id.</summary>
    const string UnknownId = "000000000000000000000000";

    public static int Main(string[] arguments) => MainAsync(arguments).GetAwaiter().GetResult();

    static async Task<int> MainAsync(string[] arguments)
    {
        Console.OutputEncoding = new UTF8Encoding(false); // and not the locale's

        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("usage: get_file_versions FILE_ID");
            return 2;
        }
        try
        {
            using (var client = new ImageKitClient())
            {
                Print(arguments[0], await client.GetFileVersionsAsync(arguments[0]));
                await TryUnknownAsync(client);
            }
            return 0;
        }
        catch (ImageKitException error)
        {
            Console.Error.WriteLine("error: " + error.Message);
            return 1;
        }
    }

    static void Print(string fileId, Answer answer)
    {
        var versions = answer.Body.Elements().ToList();

        var noun = versions.Count == 1 ? "version" : "versions";
        Console.WriteLine($"{versions.Count} {noun} of {fileId}");
        foreach (var version in versions)
        {
            Console.WriteLine($"{version["/versionInfo/id"]}  {version["/versionInfo/name"]}  {version["/name"]}");
        }
        if (versions.Any())
        {
            Console.WriteLine($"first version: {versions.First()["/versionInfo/id"]}");
        }
        var metadata = answer.Metadata;
        Console.WriteLine($"response: status {metadata["/httpStatus"]}, request id {metadata["/requestId"]}");
    }

    static async Task TryUnknownAsync(ImageKitClient client)
    {
        try
        {
            await client.GetFileVersionsAsync(UnknownId);
        }
        catch (ImageKitException error)
        {
            Console.WriteLine("unknown file: " + error.Message);
        }
    }
}
