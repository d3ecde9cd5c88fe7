using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// The side files of checkpoints. A file is stored once and accounted to one checkpoint that has it, preferably a visible one; it is
/// deleted with the last checkpoint that has it.
/// </summary>
internal sealed class SideFileTable(CatalogConnection connection) : ISideFileChanges
{
    public IReadOnlyList<StoredSideFile> Of(Digest? set) => set is null ? [] : connection.Query(
        "SELECT s.name, f.bytes, f.sha256, f.frame FROM side_sets s JOIN side_files f ON f.id = s.file WHERE s.id = $0 ORDER BY s.name",
        row => new StoredSideFile(row.GetString(0), row.GetInt64(1), row.Digest(2), row.GetInt64(3)), set);

    public (long Id, long Frame)? Find(Digest sha256) => connection.Single(
        "SELECT id, frame FROM side_files WHERE sha256 = $0", row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), sha256) is var (id,
        frame) ? (id, frame) : null;

    public long? FrameOf(long file, Digest sha256) =>
        connection.Scalar<long?>("SELECT frame FROM side_files WHERE id = $0 AND sha256 = $1", file, sha256);

    public bool IsOf(long file, long task) => connection.Scalar<long?>(
        "SELECT 1 FROM side_sets s CROSS JOIN checkpoints c WHERE c.side_set = s.id AND s.file = $0 AND c.task = $1 LIMIT 1",
        file, task) is not null;

    public void ReassignBytes(long checkpoint)
    {
        foreach (var (id, frame) in OwnedBy(checkpoint))
        {
            if (HeirOf(id, checkpoint) is { IsTombstone: false } heir)
            {
                Move(id, frame, checkpoint, heir.Checkpoint);
            }
        }
    }

    public void ClaimBytes(long checkpoint)
    {
        foreach (var file in connection.Query(
            "SELECT s.file FROM checkpoints c JOIN side_sets s ON s.id = c.side_set WHERE c.id = $0", row => row.GetInt64(0), checkpoint))
        {
            ClaimBytes(file, checkpoint);
        }
    }

    public void ClaimBytes(long file, long checkpoint)
    {
        if (connection.Single(
            "SELECT f.frame, f.owner FROM side_files f JOIN checkpoints c ON c.id = f.owner WHERE f.id = $0 AND c.deleted = 1",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), file) is var (frame, owner))
        {
            Move(file, frame, owner, checkpoint);
        }
    }

    public long Release(long checkpoint)
    {
        if (connection.Scalar<byte[]?>("SELECT side_set FROM checkpoints WHERE id = $0 AND deleted = 1 AND expires IS NULL",
            checkpoint) is not { } set)
        {
            return 0;
        }

        var freed = 0L;
        connection.Execute("UPDATE checkpoints SET side_set = NULL WHERE id = $0", checkpoint);
        connection.Execute("DELETE FROM side_sets WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE side_set = $0)",
            Digest.From(set));
        foreach (var (id, frame) in OwnedBy(checkpoint))
        {
            if (HeirOf(id, checkpoint) is { } heir)
            {
                Move(id, frame, checkpoint, heir.Checkpoint);
                continue;
            }

            var bytes = NewFrame.BytesOf(connection.Rows.Frames.Open(frame));
            Account(checkpoint, -bytes);
            connection.Execute("DELETE FROM side_files WHERE id = $0", id);
            connection.Rows.Frames.Delete(frame);
            freed += bytes;
        }

        return freed;
    }

    public void Account(long checkpoint, long bytes) => connection.Execute(
        "UPDATE checkpoints SET side_bytes = side_bytes + $1, trainer_bytes = trainer_bytes + $1 WHERE id = $0", checkpoint, bytes);

    private void Move(long file, long frame, long from, long to)
    {
        var bytes = NewFrame.BytesOf(connection.Rows.Frames.Open(frame));
        Account(from, -bytes);
        Account(to, bytes);
        connection.Execute("UPDATE side_files SET owner = $1 WHERE id = $0", file, to);
    }

    private List<(long Id, long Frame)> OwnedBy(long checkpoint) =>
        connection.Query("SELECT id, frame FROM side_files WHERE owner = $0", row => (row.GetInt64(0), row.GetInt64(1)), checkpoint);

    // Prefers a visible one.
    private Heir? HeirOf(long file, long besides) => connection.Single(
        """
        SELECT c.id, c.deleted FROM side_sets s CROSS JOIN checkpoints c
        WHERE c.side_set = s.id AND s.file = $0 AND c.id <> $1 ORDER BY c.deleted LIMIT 1
        """,
        row => new Heir(row.GetInt64(0), row.GetInt64(1) != 0), file, besides);

    private sealed record Heir(long Checkpoint, bool IsTombstone);

    public void SetSet(long checkpoint, Digest set) =>
        connection.Execute("UPDATE checkpoints SET side_set = $1 WHERE id = $0", checkpoint, set);

    public void InsertInSet(Digest set, string name, long file) =>
        connection.Execute("INSERT INTO side_sets (id, name, file) VALUES ($0, $1, $2) ON CONFLICT DO NOTHING", set, name, file);

    public long Insert(Digest sha256, long bytes, long frame, long owner) => connection.Insert(
        "INSERT INTO side_files (sha256, bytes, frame, owner) VALUES ($0, $1, $2, $3)", sha256, bytes, frame, owner);

    public long BytesOfCheckpoint(long checkpoint) =>
        connection.Scalar<long>("SELECT side_bytes FROM checkpoints WHERE id = $0", checkpoint);

    public long OwnerOf(long file) =>
        connection.Scalar<long>("SELECT owner FROM side_files WHERE id = $0", file);

    public long BytesOf(long file) =>
        connection.Scalar<long>("SELECT bytes FROM side_files WHERE id = $0", file);
}
