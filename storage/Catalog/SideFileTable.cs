using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>A side file of a checkpoint's own, as stored.</summary>
/// <param name="Name">Its path in the model's folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Frame">The frame that holds it.</param>
internal sealed record StoredSideFile(string Name, long Bytes, Digest Sha256, long Frame);

/// <summary>
/// The side files of checkpoints. A file is stored once and its bytes are accounted to one checkpoint that has it, to a visible one where there is one; it goes with the
/// last checkpoint that has it.
/// </summary>
internal static class SideFileTable
{
    /// <summary>The identity of a set of side files; <see langword="null"/> for none.</summary>
    public static Digest? IdOf(IEnumerable<(string Name, Digest Sha256)> files)
    {
        var lines = files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Sha256} {file.Name}\n").ToArray();
        return lines.Length == 0 ? null : Digest.Of(Encoding.UTF8.GetBytes("fishcheckpoint side files 1\n" + string.Concat(lines)));
    }

    /// <summary>The files of a set, by name.</summary>
    public static IReadOnlyList<StoredSideFile> Of(CatalogConnection connection, Digest? set) => set is null ? [] : connection.Query(
        "SELECT s.name, f.bytes, f.sha256, f.frame FROM side_sets s JOIN side_files f ON f.id = s.file WHERE s.id = $0 ORDER BY s.name",
        row => new StoredSideFile(row.GetString(0), row.GetInt64(1), row.Digest(2), row.GetInt64(3)), set);

    /// <summary>The row and frame of a content that is stored.</summary>
    public static (long Id, long Frame)? Find(CatalogConnection connection, Digest sha256) => connection.Single(
        "SELECT id, frame FROM side_files WHERE sha256 = $0", row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), sha256) is var (id, frame) ? (id, frame) : null;

    /// <summary>The frame of a row that still has a content.</summary>
    public static long? FrameOf(CatalogConnection connection, long file, Digest sha256) =>
        connection.Scalar<long?>("SELECT frame FROM side_files WHERE id = $0 AND sha256 = $1", file, sha256);

    /// <summary>Whether a checkpoint of a task has a file.</summary>
    public static bool IsOf(CatalogConnection connection, long file, long task) => connection.Scalar<long?>(
        "SELECT 1 FROM side_sets s CROSS JOIN checkpoints c WHERE c.side_set = s.id AND s.file = $0 AND c.task = $1 LIMIT 1",
        file, task) is not null;

    /// <summary>Has other checkpoints account for a checkpoint's side files that it goes out of view with: visible ones that have them.</summary>
    public static void HandOver(CatalogConnection connection, long checkpoint)
    {
        foreach (var (id, frame) in OwnedBy(connection, checkpoint))
        {
            if (HeirOf(connection, id, checkpoint) is { IsHidden: false } heir)
            {
                Move(connection, id, frame, checkpoint, heir.Checkpoint);
            }
        }
    }

    /// <summary>Has a visible checkpoint account for those of its side files that only hidden ones had.</summary>
    public static void TakeOver(CatalogConnection connection, long checkpoint)
    {
        foreach (var file in connection.Query(
            "SELECT s.file FROM checkpoints c JOIN side_sets s ON s.id = c.side_set WHERE c.id = $0", row => row.GetInt64(0), checkpoint))
        {
            TakeOver(connection, file, checkpoint);
        }
    }

    /// <summary>Has a visible checkpoint account for a file that only hidden ones had.</summary>
    public static void TakeOver(CatalogConnection connection, long file, long checkpoint)
    {
        if (connection.Single(
            "SELECT f.frame, f.owner FROM side_files f JOIN checkpoints c ON c.id = f.owner WHERE f.id = $0 AND c.deleted = 1",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), file) is var (frame, owner))
        {
            Move(connection, file, frame, owner, checkpoint);
        }
    }

    /// <summary>
    /// Takes its side files from a deleted checkpoint that cannot come back, in the caller's transaction: others that have them account for them now, and what none has
    /// goes.
    /// </summary>
    /// <returns>Bytes of the frames that went.</returns>
    public static long Release(CatalogConnection connection, long checkpoint)
    {
        if (connection.Scalar<byte[]?>("SELECT side_set FROM checkpoints WHERE id = $0 AND deleted = 1 AND expires IS NULL", checkpoint) is not { } set)
        {
            return 0;
        }

        var freed = 0L;
        connection.Execute("UPDATE checkpoints SET side_set = NULL WHERE id = $0", checkpoint);
        connection.Execute("DELETE FROM side_sets WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE side_set = $0)", Digest.From(set));
        foreach (var (id, frame) in OwnedBy(connection, checkpoint))
        {
            if (HeirOf(connection, id, checkpoint) is { } heir)
            {
                Move(connection, id, frame, checkpoint, heir.Checkpoint);
                continue;
            }

            var bytes = FrameTable.SizeOf(FrameTable.Open(connection, frame));
            Account(connection, checkpoint, -bytes);
            connection.Execute("DELETE FROM side_files WHERE id = $0", id);
            FrameTable.Delete(connection, frame);
            freed += bytes;
        }

        return freed;
    }

    /// <summary>Adds to the bytes of side files that a checkpoint accounts for.</summary>
    public static void Account(CatalogConnection connection, long checkpoint, long bytes) => connection.Execute(
        "UPDATE checkpoints SET side_bytes = side_bytes + $1, trainer_bytes = trainer_bytes + $1 WHERE id = $0", checkpoint, bytes);

    private static void Move(CatalogConnection connection, long file, long frame, long from, long to)
    {
        var bytes = FrameTable.SizeOf(FrameTable.Open(connection, frame));
        Account(connection, from, -bytes);
        Account(connection, to, bytes);
        connection.Execute("UPDATE side_files SET owner = $1 WHERE id = $0", file, to);
    }

    private static List<(long Id, long Frame)> OwnedBy(CatalogConnection connection, long checkpoint) =>
        connection.Query("SELECT id, frame FROM side_files WHERE owner = $0", row => (row.GetInt64(0), row.GetInt64(1)), checkpoint);

    // A visible one, if there is one.
    private static Heir? HeirOf(CatalogConnection connection, long file, long besides) => connection.Single(
        "SELECT c.id, c.deleted FROM side_sets s CROSS JOIN checkpoints c WHERE c.side_set = s.id AND s.file = $0 AND c.id <> $1 ORDER BY c.deleted LIMIT 1",
        row => new Heir(row.GetInt64(0), row.GetInt64(1) != 0), file, besides);

    private sealed record Heir(long Checkpoint, bool IsHidden);

    /// <summary>Gives a checkpoint its set of side files.</summary>
    public static void SetSet(CatalogConnection connection, long checkpoint, Digest set) =>
        connection.Execute("UPDATE checkpoints SET side_set = $1 WHERE id = $0", checkpoint, set);

    /// <summary>Notes that a set has a file under a name.</summary>
    public static void InsertInSet(CatalogConnection connection, Digest set, string name, long file) =>
        connection.Execute("INSERT INTO side_sets (id, name, file) VALUES ($0, $1, $2) ON CONFLICT DO NOTHING", set, name, file);

    /// <summary>Stores a file whose frame is stored.</summary>
    /// <returns>Its row.</returns>
    public static long Insert(CatalogConnection connection, Digest sha256, long bytes, long frame, long owner) => connection.Insert(
        "INSERT INTO side_files (sha256, bytes, frame, owner) VALUES ($0, $1, $2, $3)", sha256, bytes, frame, owner);

    /// <summary>Bytes of side files that a checkpoint accounts for.</summary>
    public static long BytesOfCheckpoint(CatalogConnection connection, long checkpoint) =>
        connection.Scalar<long>("SELECT side_bytes FROM checkpoints WHERE id = $0", checkpoint);

    /// <summary>The checkpoint that accounts for a file.</summary>
    public static long OwnerOf(CatalogConnection connection, long file) =>
        connection.Scalar<long>("SELECT owner FROM side_files WHERE id = $0", file);

    /// <summary>Bytes of a file, as it was sent.</summary>
    public static long BytesOf(CatalogConnection connection, long file) =>
        connection.Scalar<long>("SELECT bytes FROM side_files WHERE id = $0", file);
}
