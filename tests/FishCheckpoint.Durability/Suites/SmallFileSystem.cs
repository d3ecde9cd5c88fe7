using System.Diagnostics;

namespace FishCheckpoint.Durability.Suites;

/// <summary>A small file system in memory, where the system lets one be mounted.</summary>
public sealed class SmallFileSystem : IAsyncDisposable
{
    private SmallFileSystem(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Mounts one.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="mebibytes">Its size.</param>
    /// <returns><see langword="null"/>: this user may not mount.</returns>
    public static async Task<SmallFileSystem?> TryMountAsync(string folder, int mebibytes) =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/mount")
        && await RunAsync("/usr/bin/mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Directory.CreateDirectory(folder).FullName) == 0
            ? new SmallFileSystem(folder) : null;

    public async ValueTask DisposeAsync() => await RunAsync("/usr/bin/umount", "--lazy", Folder);

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
