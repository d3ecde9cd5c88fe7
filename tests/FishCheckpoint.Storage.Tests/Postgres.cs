using System.Diagnostics;
using Npgsql;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// A PostgreSQL of a test's own: made in a temporary folder, reached through a socket there, stopped and removed with this.
/// </summary>
internal sealed class Postgres : IAsyncDisposable
{
    public const string Reason = "PostgreSQL is not installed (Debian's package postgresql).";

    private static readonly string? Programs = !Directory.Exists("/usr/lib/postgresql") ? null
        : Directory.EnumerateDirectories("/usr/lib/postgresql")
        .Select(version => Path.Combine(version, "bin")).Where(programs => File.Exists(Path.Combine(programs, "initdb")))
        .Max(StringComparer.Ordinal);

    private readonly string folder = Directory.CreateTempSubdirectory("fish-pg-").FullName;

    private Postgres()
    {
    }

    public static bool IsInstalled => Programs is not null;

    public static async Task<Postgres> StartAsync()
    {
        var server = new Postgres();
        try
        {
            // Its programs refuse to run as root: another user writes here then.
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(server.folder, (UnixFileMode)0b111_111_111);
            }

            await server.RunAsync("initdb", "-D", "data", "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
            await server.RunAsync(
                "pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o",
                $"-c listen_addresses= -c unix_socket_directories={server.folder} -c fsync=off");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection($"Host={folder};Username=test;Database=postgres;Pooling=false");
        await connection.OpenAsync(cancellation);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(folder, "data", "postmaster.pid")))
        {
            await RunAsync("pg_ctl", "stop", "-w", "-D", "data", "-m", "immediate");
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        string[] command = Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--"] : [];
        command = [.. command, Path.Combine(Programs!, program), .. arguments];

        // Its output goes to a file: the server would keep a pipe open.
        var (
            start, output) =
            (new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder, UseShellExecute = false },
            Path.Combine(folder, $"{arguments[0]}.out"));
        foreach (var argument in (string[])["-c", "exec \"$@\" > \"$0\" 2>&1", output, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await File.ReadAllTextAsync(output)}");
    }
}
