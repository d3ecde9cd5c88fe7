using System.Reflection;
using System.Runtime.InteropServices;
using FishCheckpoint.Client;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>What the checks ask of the machine, each a seam that a test can hold.</summary>
internal sealed record Machine
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The version of this program, as it was built.</summary>
    public string Version { get; init; } = VersionOf(typeof(Machine).Assembly);

    /// <summary>The version of SQLite.</summary>
    public Func<string> Sqlite { get; init; } = () => StoreProbe.SqliteVersion;

    /// <summary>
    /// The kind of file system that a path lies on, as the system calls it; <see langword="null"/> where it does not say.
    /// </summary>
    public Func<string, string?> FileSystem { get; init; } = Mounts.KindOf;

    /// <summary>Bytes that this user can still write where a path lies.</summary>
    public Func<string, long> FreeBytes { get; init; } = path => new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Whether this user may write a file or folder.</summary>
    public Func<string, bool> MayWrite { get; init; } = StoreProbe.MayWrite;

    /// <summary>Connects to a server.</summary>
    public Func<Uri, FishClientOptions, HttpClient> Connect { get; init; } = (server, options) => options.CreateHttp(server);

    /// <summary>Asks a server for its certificate's last day.</summary>
    public Func<Uri, CancellationToken, Task<DateTimeOffset?>> CertificateEnd { get; init; } = ServerCertificate.EndAsync;

    /// <summary>How long the database is checked.</summary>
    public TimeSpan CheckTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a server is waited for, for each question.</summary>
    public TimeSpan ServerPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The operating system and the processor.</summary>
    public static string Platform => $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
