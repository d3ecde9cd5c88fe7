using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds the checkpoints that damage makes unreadable: those that need the damaged item, and those that depend on them.</summary>
internal sealed partial class VerifiedTable
{
    public List<AffectedCheckpoint> AffectedByMask(Digest mask) =>
        WithDependents("SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0", mask);

    public List<AffectedCheckpoint> AffectedByCheckpoint(long checkpoint) =>
        WithDependents("SELECT id FROM checkpoints WHERE id = $0", checkpoint);

    public List<AffectedCheckpoint> AffectedByTrainerState(long checkpoint) => Listed("c.id = $0", checkpoint);

    public List<AffectedCheckpoint> AffectedBySideFile(long file) =>
        Listed("c.side_set IN (SELECT id FROM side_sets WHERE file = $0)", file);

    public List<AffectedCheckpoint> AffectedByTask(long task) => Listed("c.task = $0", task);

    public List<AffectedCheckpoint> AffectedByHeaders(Digest headers) => Listed("c.headers = $0", headers);

    private List<AffectedCheckpoint> WithDependents(string seed, object? key) => connection.Query(
        $"""
        WITH RECURSIVE hit (id) AS (
          {seed}
          UNION SELECT c.id FROM hit CROSS JOIN checkpoints c WHERE c.parent = hit.id OR c.reference = hit.id)
        SELECT c.id, t.name || '/' || c.step FROM hit JOIN checkpoints c ON c.id = hit.id JOIN tasks t ON t.id = c.task
        WHERE c.deleted = 0 ORDER BY t.name, c.step
        """,
        Read, key);

    private List<AffectedCheckpoint> Listed(string which, object? key) => connection.Query(
        $"""
        SELECT c.id, t.name || '/' || c.step FROM checkpoints c JOIN tasks t ON t.id = c.task
        WHERE {which} AND c.deleted = 0 ORDER BY t.name, c.step
        """,
        Read, key);

    private static AffectedCheckpoint Read(CatalogRow row) => new(row.GetInt64(0), row.GetString(1));
}
