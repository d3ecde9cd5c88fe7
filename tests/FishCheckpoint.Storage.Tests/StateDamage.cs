using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Damage to the one trainer state of a store, done behind the store's back. Tests of other projects use it too.</summary>
internal static class StateDamage
{
    /// <summary>Each kind by its name.</summary>
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["zeroed content"] = "UPDATE pieces SET data = zeroblob(length(data)) WHERE frame = (SELECT trainer_frame FROM checkpoints)",
        ["zeroed head"] = "UPDATE frames SET head = zeroblob(length(head)) WHERE id = (SELECT trainer_frame FROM checkpoints)",
        ["missing content"] = "DELETE FROM pieces WHERE frame = (SELECT trainer_frame FROM checkpoints)",
    };

    public static IEnumerable<string> Names => Kinds.Keys;

    public static void Do(string name, string dataFolder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataFolder, "fish.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Kinds[name];
        if (command.ExecuteNonQuery() != 1)
        {
            throw new InvalidOperationException($"The store has no trainer state to damage: {name}.");
        }
    }
}
