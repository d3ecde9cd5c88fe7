using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;

namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>nginx with sendfile over a folder, with a configuration of its own and nothing of the system's.</summary>
internal static class NginxProcess
{
    private static readonly string[] Places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"];

    /// <summary>Whether the machine has nginx.</summary>
    public static bool IsInstalled => Program is not null;

    private static string? Program => Array.Find(Places, File.Exists);

    /// <summary>Starts nginx in the foreground.</summary>
    /// <param name="served">The folder that is served.</param>
    /// <param name="own">An empty folder for its configuration, process id and error log.</param>
    /// <param name="address">Where it listens.</param>
    public static async Task<ChildProcess> StartAsync(string served, string own, Uri address)
    {
        var configuration = Path.Combine(own, "nginx.conf");
        await File.WriteAllTextAsync(configuration, Configuration(Path.GetFullPath(served), own, address));
        var process = ChildProcess.Start(Program!, "-p", own, "-c", configuration, "-e", Path.Combine(own, "error.log"));
        await process.WaitForAsync(address);
        return process;
    }

    // One file is read over one connection at a time, which one worker serves. Its own user, so that it can read what this user can.
    private static string Configuration(string served, string own, Uri address) => $$"""
        daemon off;
        worker_processes 1;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        pid {{own}}/nginx.pid;
        error_log {{own}}/error.log;
        events { worker_connections 64; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          client_body_temp_path {{own}}/body;
          proxy_temp_path {{own}}/proxy;
          fastcgi_temp_path {{own}}/fastcgi;
          uwsgi_temp_path {{own}}/uwsgi;
          scgi_temp_path {{own}}/scgi;
          server {
            listen {{address.Host}}:{{address.Port}};
            location / { root {{served}}; }
          }
        }
        """;
}

/// <summary>ASP.NET Core's own static files, as its templates set them up: to be run in a process of its own.</summary>
internal static class StaticFiles
{
    /// <summary>Serves a folder until the process is ended.</summary>
    public static async Task RunAsync(string url, string folder)
    {
        var server = WebApplication.CreateBuilder(["--urls", url]).Build();
        server.UseStaticFiles(
            new StaticFileOptions { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)), ServeUnknownFileTypes = true });
        await server.RunAsync();
    }

    public static async Task<ChildProcess> StartAsync(string folder, Uri address)
    {
        var process = ChildProcess.StartSelf("serve-static", $"{address}", folder);
        await process.WaitForAsync(address);
        return process;
    }
}
