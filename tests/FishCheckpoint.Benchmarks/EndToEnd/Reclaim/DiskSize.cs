using System.Diagnostics;
using System.Globalization;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>What a data folder takes, as the file system says it.</summary>
/// <param name="Database">Length of the database's file and its log.</param>
/// <param name="Blocks">Bytes of the blocks of everything in the folder, as <c>du</c> counts them.</param>
internal sealed record DiskSize(long Database, long Blocks)
{
    public static DiskSize Of(string folder)
    {
        using var du = Process.Start(new ProcessStartInfo("du", ["-s", "-B1", folder]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var blocks = long.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], CultureInfo.InvariantCulture);
        du.WaitForExit();
        return new DiskSize(LengthOf(folder, "fish.db") + LengthOf(folder, "fish.db-wal"), blocks);
    }

    /// <summary>What a report says of it: bases, database and log.</summary>
    public static long Reported(StorageReport report) => report.Disk!.Bases + report.Disk.Database + report.Disk.Wal;

    private static long LengthOf(string folder, string name) => new FileInfo(Path.Combine(folder, name)) is { Exists: true } file ? file.Length : 0;
}
