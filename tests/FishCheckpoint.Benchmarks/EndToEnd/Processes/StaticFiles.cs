using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;

namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>ASP.NET Core's own static files, as its templates set them up: to be run in a process of its own.</summary>
internal static class StaticFiles
{
    /// <summary>Serves a folder until the process is ended.</summary>
    public static async Task RunAsync(string url, string folder)
    {
        var server = WebApplication.CreateBuilder(["--urls", url]).Build();
        server.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)), ServeUnknownFileTypes = true });
        await server.RunAsync();
    }

    public static async Task<ChildProcess> StartAsync(string folder, Uri address)
    {
        var process = ChildProcess.StartSelf("serve-static", $"{address}", folder);
        await process.WaitForAsync(address);
        return process;
    }
}
