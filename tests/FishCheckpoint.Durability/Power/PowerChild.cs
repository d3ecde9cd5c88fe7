using FishCheckpoint.Checkpoints;
using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Power;

/// <summary>
/// A process with the preloaded library that works on a store. All that it does to the disk is recorded, with what it acknowledges.
/// </summary>
/// <param name="Disk">The folder that is recorded; the store is its folder <c>data</c>.</param>
/// <param name="Record">The file of the record.</param>
/// <param name="Work">The number of the work.</param>
/// <param name="Seed">The seed of the operations.</param>
public sealed record PowerChild(string Disk, string Record, int Work, int Seed)
{
    /// <summary>The name of the data folder in the recorded folder.</summary>
    public const string Data = "data";

    /// <summary>The name of the folder of backups.</summary>
    public const string Backup = "backup";

    private const string Word = "power";

    public string[] ToList() => [Word, Disk, Record, $"{Work}", $"{Seed}"];

    public static PowerChild? TryParse(IReadOnlyList<string> list) =>
        list[0] == Word ? new PowerChild(list[1], list[2], int.Parse(list[3]), int.Parse(list[4])) : null;

    public async Task<int> RunAsync()
    {
        var scratch = Directory.CreateTempSubdirectory("fish-power-").FullName;
        try
        {
            FaultShim.Record(Disk, Record);
            var work = PowerWork.All[Work];
            if (work.Copy != CopyKind.None)
            {
                FaultShim.Mark(PowerCopy.Begun);
                await PowerCopy.RunAsync(work.Copy, Disk);
                FaultShim.Mark(PowerCopy.Done);
                await ChildProgram.SayAsync("over");
                return 0;
            }

            var options = work.ToArguments(Path.Combine(Disk, Data), Seed).ToOptions();
            for (var next = work.First; next < work.End;)
            {
                FaultShim.Mark("opening");
                await using (var store = await SqliteCheckpointStore.OpenAsync(options))
                {
                    FaultShim.Mark("opened");
                    next = await PerformAsync(store, work, next, scratch);
                    FaultShim.Mark("closing");
                }

                FaultShim.Mark("closed");
            }

            await ChildProgram.SayAsync("over");
            return 0;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private async Task<int> PerformAsync(CheckpointStore store, PowerWork work, int next, string scratch)
    {
        var performer = new Performer(store, scratch);
        for (var number = next; ; number++)
        {
            var operation = Script.At(work.SeedOf(Seed), number);
            FaultShim.Mark($"begin {number} {operation.Kind}");
            var outcome = await performer.PerformAsync(operation, foreseen =>
            {
                FaultShim.Mark($"foreseen {number} {foreseen}");
                return Task.CompletedTask;
            });
            FaultShim.Mark($"end {number} {outcome}");
            if (PowerWork.BacksUp(number))
            {
                await BackUpAsync(store);
            }

            if (number == work.End - 1 || PowerWork.Reopens(number))
            {
                return number + 1;
            }
        }
    }

    private async Task BackUpAsync(CheckpointStore store)
    {
        FaultShim.Mark("backup-begun");
        try
        {
            await store.Maintenance.BackupAsync(new BackupOptions { To = Path.Combine(Disk, Backup) });
            FaultShim.Mark("backup-made");
        }
        catch (FishException error)
        {
            FaultShim.Mark($"crashed backup {ErrorCodes.NameOf(error.Code)} {error.Cause}");
        }
    }
}
