using FishCheckpoint.Checkpoints;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Repairs;

namespace FishCheckpoint.Durability.Power;

/// <summary>A restore or a repair that is recorded.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Before">What the folder held before; <see langword="null"/>: there was none.</param>
/// <param name="After">What it holds when it is done.</param>
public sealed record PowerCopy(CopyKind Kind, StoreModel? Before, StoreModel After)
{
    /// <summary>The line that is said before.</summary>
    public const string Begun = "copying";

    /// <summary>The line that is said once it is done.</summary>
    public const string Done = "copied";

    private const string Repaired = "repaired";
    private const int InSchema = 5000;

    /// <summary>The folder that is read.</summary>
    public string Source => Kind == CopyKind.Repair ? PowerChild.Data : PowerChild.Backup;

    /// <summary>The folder that is made.</summary>
    public string Target => TargetOf(Kind);

    /// <summary>The model that lines are of.</summary>
    public StoreModel? Find(IReadOnlyList<string> lines) =>
        new[] { After, Before }.FirstOrDefault(model => model?.Lines().SequenceEqual(lines) == true);

    /// <summary>Makes of a store what is copied.</summary>
    /// <param name="kind">What is to come.</param>
    /// <param name="disk">The folder of the store's folder.</param>
    /// <param name="options">The store.</param>
    public static async Task PrepareAsync(CopyKind kind, string disk, StoreOptions options)
    {
        if (kind == CopyKind.Repair)
        {
            await using var database = new FileStream(Path.Combine(options.DataFolder, "fish.db"), FileMode.Open);
            database.Position = InSchema;
            var found = database.ReadByte();
            database.Position = InSchema;
            database.WriteByte((byte)(found ^ 1));
            return;
        }

        await using (var store = await SqliteCheckpointStore.OpenAsync(options))
        {
            await store.Maintenance.BackupAsync(new BackupOptions { To = Path.Combine(disk, PowerChild.Backup) });
        }

        if (kind == CopyKind.Restore)
        {
            Directory.Delete(options.DataFolder, recursive: true);
        }
    }

    /// <summary>Does it.</summary>
    /// <param name="kind">What.</param>
    /// <param name="disk">The folder of both folders.</param>
    public static async Task RunAsync(CopyKind kind, string disk)
    {
        var target = Path.Combine(disk, TargetOf(kind));
        if (kind == CopyKind.Repair)
        {
            await StoreRepair.RunAsync(new RepairOptions { DataFolder = Path.Combine(disk, PowerChild.Data), To = target });
            return;
        }

        await StoreRestore.RunAsync(new RestoreOptions
        {
            Backup = Path.Combine(disk, PowerChild.Backup), DataFolder = target, Replace = kind == CopyKind.Replace,
        });
    }

    private static string TargetOf(CopyKind kind) => kind == CopyKind.Repair ? Repaired : PowerChild.Data;
}
