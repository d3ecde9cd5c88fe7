using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;
using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Durability.Power;

/// <summary>Opens the store of a folder after a loss of power and reads all of it. Stores of the same bytes are read once.</summary>
public sealed class PowerProbe
{
    private readonly ConcurrentDictionary<UInt128, PowerLook> known = new();

    /// <summary>How many different stores were read.</summary>
    public int Count => known.Count;

    /// <summary>Looks at a store.</summary>
    /// <param name="folder">Its data folder.</param>
    /// <param name="mustExist">Whether none is made where there is none.</param>
    /// <param name="find">The model of what a store holds.</param>
    public async Task<PowerLook> LookAsync(string folder, bool mustExist, Func<IReadOnlyList<string>, StoreModel?> find)
    {
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(
                new ChildArguments(folder, 0, 0, 0).ToOptions() with { MustExist = mustExist });
            EmptyLog(folder);
            var hash = HashOf(folder);
            if (!known.TryGetValue(hash, out var look))
            {
                var (lines, wrong) = (await StoreProbe.LinesAsync(store), await StoreAudit.RunAsync(store));
                known.TryAdd(hash, look = new PowerLook(lines, [.. wrong, .. await GoOnAsync(store, find(lines))], null));
            }

            return look;
        }
        catch (FishException error)
        {
            return new PowerLook([], [], $"{ErrorCodes.NameOf(error.Code)} {error.Key}: {error.Cause}");
        }
    }

    // What is deleted comes back, and a base can be added.
    private static async Task<IReadOnlyList<string>> GoOnAsync(CheckpointStore store, StoreModel? held)
    {
        var (wrong, whole) = (new List<string>(), held?.Clone());
        foreach (var operation in held?.Recoveries.Append(new Operation(OperationKind.AddBase, "after", Content: 7)) ?? [])
        {
            var (outcome, expected) = (await new Performer(store, "").PerformAsync(operation), whole!.Apply(operation));
            if (outcome != expected)
            {
                wrong.Add($"afterwards, {operation} ended with {outcome}, not {expected}");
            }
        }

        if (whole?.Lines() is { } all && await StoreProbe.LinesAsync(store) is var lines && !all.SequenceEqual(lines))
        {
            var (missing, instead) = (string.Join("; ", all.Except(lines)), string.Join("; ", lines.Except(all)));
            wrong.Add($"afterwards: missing [{missing}], there instead [{instead}]");
        }

        return wrong;
    }

    private static void EmptyLog(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "fish.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        command.ExecuteNonQuery();
    }

    // The log is empty, and its index is no part of the store.
    private static UInt128 HashOf(string folder)
    {
        var hash = new XxHash128();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (!path.EndsWith("-shm", StringComparison.Ordinal) && !path.EndsWith(".lock", StringComparison.Ordinal))
            {
                hash.Append(Encoding.UTF8.GetBytes(path[folder.Length..]));
                hash.Append(File.ReadAllBytes(path));
            }
        }

        return hash.GetCurrentHashAsUInt128();
    }
}

/// <summary>What was seen of a store after a loss of power.</summary>
/// <param name="Lines">What it holds.</param>
/// <param name="Wrong">What its audit found.</param>
/// <param name="Refusal">Why it cannot be read; <see langword="null"/>: it can.</param>
public sealed record PowerLook(IReadOnlyList<string> Lines, IReadOnlyList<string> Wrong, string? Refusal);

/// <summary>What a disk leaves undone although it says otherwise: with one of these the suite has to find faults.</summary>
public enum Weakness
{
    None,

    /// <summary>The syncs of files do nothing.</summary>
    FileSyncs,

    /// <summary>The syncs of folders do nothing.</summary>
    FolderSyncs,
}
