using System.Runtime.InteropServices;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>What the checks ask of the machine. Tests replace single members.</summary>
internal sealed record Machine
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The version of this program.</summary>
    public string Version { get; init; } = ProgramInfo.Version;

    /// <summary>The version of SQLite.</summary>
    public Func<string> Sqlite { get; init; } = () => StoreProbe.SqliteVersion;

    /// <summary>
    /// The kind of file system of a path, as the system names it; <see langword="null"/> if unknown.
    /// </summary>
    public Func<string, string?> FileSystem { get; init; } = Mounts.KindOf;

    /// <summary>Free bytes for this user on the file system of a path.</summary>
    public Func<string, long> FreeBytes { get; init; } = path => new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Whether this user may write a file or folder.</summary>
    public Func<string, bool> MayWrite { get; init; } = StoreProbe.MayWrite;

    /// <summary>Connects to a server.</summary>
    public Func<Uri, FishClientOptions, HttpClient> Connect { get; init; } = (server, options) => options.CreateHttp(server);

    /// <summary>Asks a server for its certificate's last day.</summary>
    public Func<Uri, CancellationToken, Task<DateTimeOffset?>> CertificateEnd { get; init; } = ServerCertificate.EndAsync;

    /// <summary>The longest time to check the database.</summary>
    public TimeSpan CheckTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait for each answer of a server.</summary>
    public TimeSpan ServerPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The operating system and the processor.</summary>
    public static string Platform => $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";
}
