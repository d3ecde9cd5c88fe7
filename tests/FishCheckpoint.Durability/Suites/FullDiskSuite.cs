using System.Diagnostics;
using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// A file system that is really full: whatever is tried then succeeds or is refused as the disk's fault, nothing acknowledged is lost, and
/// once there is room again all goes on.
/// </summary>
/// <param name="disk">A folder on a small file system.</param>
/// <param name="scratch">A folder elsewhere.</param>
public sealed class FullDiskSuite(string disk, string scratch)
{
    private const string DiskRefusal = "STORAGE_UNAVAILABLE";

    private readonly SuiteResult result = new();
    private readonly ChildArguments work = new(Path.Combine(disk, "data"), 0, 0, 0);
    private List<StoreModel> possible = [new()];
    private int next;

    private string Filler => Path.Combine(disk, "filler");

    /// <summary>Fills the disk and empties it n times.</summary>
    public async Task<SuiteResult> RunAsync(int rounds, int seed, Progress progress)
    {
        for (var round = 0; round < rounds && result.Findings.Count == 0 && !progress.IsOver; round++)
        {
            var where = $"seed {seed}, round {round}";
            await using (var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions()))
            {
                await PerformAsync(store, seed, 30, where);

                // The rest of the disk, but for so much: then an operation may begin, and end in the middle.
                FillBut(round % 12 * 12_000);
                result.Count("operations on a full disk", await PerformAsync(store, seed, 40, where));
                await CompareAsync(store, where);
            }

            await ReopenFullAsync(where);
            File.Delete(Filler);
            await using (var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions()))
            {
                await CompareAsync(store, where);
                result.Find(await StoreAudit.RunAsync(store), where);
                var before = result["operations refused"];
                await PerformAsync(store, seed, 10, where);
                result.Find(result["operations refused"] == before ? [] : ["refused although there is room"], where);

                // Now and then the tasks are deleted, so that stored checkpoints do not fill the disk.
                foreach (var operation in
                    possible[0].Unpinnings.Concat(Contents.Tasks.Select(task => new Operation(OperationKind.DeleteTask, $"{task}")))
                    .Append(new Operation(OperationKind.Collect, Content: 1))
                    .Concat(Contents.Tasks[..Contents.Branches].Select(task => new Operation(OperationKind.PutTask, $"{task}"))))
                {
                    await DoAsync(store, operation, where);
                }
            }

            result.Count("rounds");
            progress.Report($"round {round + 1}");
        }

        return result;
    }

    private async Task<int> PerformAsync(CheckpointStore store, int seed, int count, string where)
    {
        for (var end = next + count; next < end; next++)
        {
            await DoAsync(store, OperationDraw.Of(seed, next), where);
        }

        return count;
    }

    private async Task DoAsync(CheckpointStore store, Operation operation, string where)
    {
        string? foreseen = null;
        var outcome = await new Performer(store, scratch).PerformAsync(operation, plan => Task.FromResult(foreseen = plan));
        result.Count("operations");
        if (outcome == DiskRefusal)
        {
            result.Count("operations refused");
            result.Count($"operations refused: {operation.Kind}");
        }

        // What is refused while the store stays open is absent: nothing was changed, it says. What a collection deleted before the disk
        // was full is gone.
        var agreeing = outcome != DiskRefusal ? possible.SelectMany(model => AfterEnd(model, operation, outcome)).ToList()
            : operation.Kind == OperationKind.Collect
            ? [.. possible, .. possible.SelectMany(model => model.After(operation, foreseen))] : possible;
        if (agreeing.Count == 0)
        {
            result.Find($"{where}: {operation} ended with {outcome}");
        }
        else
        {
            possible = agreeing;
        }
    }

    private static IEnumerable<StoreModel> AfterEnd(StoreModel before, Operation operation, string outcome)
    {
        var after = before.Clone();
        return after.Apply(operation, outcome) == outcome ? [after] : [];
    }

    private async Task CompareAsync(CheckpointStore store, string where)
    {
        var lines = await StoreProbe.LinesAsync(store);
        result.Count("checkpoints compared", lines.Count(line => line.StartsWith("step", StringComparison.Ordinal)));
        if (possible.Find(model => model.Lines().SequenceEqual(lines)) is { } found)
        {
            possible = [found];
        }
        else
        {
            var model = possible[0].Lines();
            result.Find(
                $"{where}: missing [{string.Join("; ", model.Except(lines))}], there instead [{string.Join("; ", lines.Except(model))}]");
        }
    }

    // A store that cannot even be opened says so.
    private async Task ReopenFullAsync(string where)
    {
        FillBut(0);
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
            result.Count("opened on a full disk");
            await CompareAsync(store, where);
        }
        catch (Errors.FishException error) when (error.Code == Errors.ErrorCode.StorageUnavailable)
        {
            result.Count("opening refused on a full disk");
        }
    }

    private void FillBut(long bytes)
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            for (; ; )
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            filler.SetLength(Math.Max(0, filler.Length - bytes));
        }
    }
}

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
        && await RunAsync(
            "/usr/bin/mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Directory.CreateDirectory(folder).FullName) == 0
            ? new SmallFileSystem(folder) : null;

    public async ValueTask DisposeAsync() => await RunAsync("/usr/bin/umount", "--lazy", Folder);

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
