using FishCheckpoint.Checkpoints;
using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Backups;

namespace FishCheckpoint.Durability.Children;

/// <summary>
/// A process that backs a store up or restores a backup, and is killed or refused by a call that changes a file of the copy.
/// </summary>
/// <param name="IsBackup">Whether it backs up.</param>
/// <param name="From">The store, or the backup.</param>
/// <param name="To">The backup's folder, or the data folder.</param>
/// <param name="Mode">Number of the way of failing.</param>
/// <param name="Call">The call that fails; 0 only counts.</param>
public sealed record CopyChild(bool IsBackup, string From, string To, int Mode, int Call)
{
    /// <summary>The ways of failing: that the process is killed is the first.</summary>
    public static IReadOnlyList<FaultMode> Modes { get; } = 
        [FaultMode.Killed, .. FaultMode.All.Where(mode => mode.Kinds == FaultMode.Killed.Kinds)];

    private const string Word = "copies";

    public string[] ToList() => [Word, $"{IsBackup}", From, To, $"{Mode}", $"{Call}"];

    public static CopyChild? TryParse(IReadOnlyList<string> list) =>
        list[0] == Word ? new CopyChild(bool.Parse(list[1]), list[2], list[3], int.Parse(list[4]), int.Parse(list[5])) : null;

    public async Task<int> RunAsync()
    {
        FaultShim.Arm(To, Call, Modes[Mode], "");
        var outcome = await DoAsync();
        var calls = FaultShim.Counts().Where(count => Modes[Mode].Has(count.Kind)).Sum(count => count.OfDatabase + count.OfOthers);
        FaultShim.Pause();
        await ChildProgram.SayAsync($"count {calls}");
        await ChildProgram.SayAsync(outcome);
        return 0;
    }

    /// <summary>Copies.</summary>
    /// <returns><c>done</c>, <c>refused CODE</c>, or <c>crashed</c> and what by.</returns>
    public async Task<string> DoAsync()
    {
        try
        {
            if (IsBackup)
            {
                await using var store = await SqliteCheckpointStore.OpenAsync(new ChildArguments(From, 0, 0, 0).ToOptions());
                await store.Maintenance.BackupAsync(new BackupOptions { To = To });
            }
            else
            {
                await StoreRestore.RunAsync(new RestoreOptions { Backup = From, DataFolder = To, Replace = true });
            }

            return "done";
        }
        catch (FishException error)
        {
            return $"refused {ErrorCodes.NameOf(error.Code)}";
        }
        catch (Exception error)
        {
            return $"crashed {error.ToString().ReplaceLineEndings(" | ")}";
        }
    }
}
