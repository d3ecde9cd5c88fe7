using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Durability.Stores;

/// <summary>
/// Which pages of a sound database hold nothing that a repair could lose: a second reading of SQLite's format, by the tree alone.
/// </summary>
public static class PagePlaces
{
    private const int PageSize = 16384;
    private static readonly string[] Recounted =
        ["verified", "damage", "totals", "depths", "metrics", "task_tensors", "tasks_to_count", "sqlite_sequence"];

    /// <summary>
    /// Pages of the schema, of indexes, of tables that a repair recounts, and inner pages of tables with row numbers; each with what it
    /// is.
    /// </summary>
    public static IReadOnlyDictionary<int, string> WithoutRows(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT type, name, rootpage FROM sqlite_schema WHERE rootpage > 0";
        using var reader = command.ExecuteReader();
        var (bytes, places) = (File.ReadAllBytes(path), new Dictionary<int, string>());
        Walk(bytes, 1, (page, _) => places[page] = "the schema");
        while (reader.Read())
        {
            var (isIndex, name) = (reader.GetString(0) == "index", reader.GetString(1));
            Walk(bytes, reader.GetInt32(2), (page, kind) =>
            {
                if (isIndex || kind == 5 || Recounted.Contains(name))
                {
                    places[page] = isIndex ? "an index" : kind == 5 ? "inner pages" : "tables that are recounted";
                }
            });
        }

        return places;
    }

    private static void Walk(byte[] bytes, int page, Action<int, byte> found)
    {
        var (start, head) = ((page - 1) * PageSize, page == 1 ? 100 : 0);
        var kind = bytes[start + head];
        found(page, kind);
        if (kind is not (2 or 5))
        {
            return;
        }

        for (var index = 0; index < BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(start + head + 3)); index++)
        {
            var place = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(start + head + 12 + (2 * index)));
            Walk(bytes, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(start + place)), found);
        }

        Walk(bytes, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(start + head + 8)), found);
    }
}
