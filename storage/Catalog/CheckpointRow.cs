using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>A row of checkpoints, with the frame of its mask, unless its own frame is one of blocks.</summary>
internal sealed record CheckpointRow(
    long Id, long Step, long? Parent, int Depth, Digest Mask, long? MaskFrame, long MaskBytes, long Frame, Digest? Headers, Digest State, long Changed,
    long LogicalBytes, long BroughtBytes, long ValueBytes, Digest? FileDigest, string Metrics, long? TrainerFrame, long TrainerBytes,
    DateTimeOffset Created, long? ParentStep, bool IsBlocks,
    long? Reference, int? ReferenceDepth, long TaskId, string TaskName, Digest? Proof, long ChainBytes, string? ParentTask, bool IsHidden, bool Pinned, Digest? ParentState,
    string Metadata, Digest? SideSet, long SideBytes)
{
    public const string Columns =
        "c.id, c.step, c.parent, c.depth, c.mask, m.frame, m.bytes, c.frame, c.headers, c.state, c.changed, c.logical_bytes, c.brought_bytes, "
        + "c.value_bytes, c.file_sha256, c.metrics, c.trainer_frame, c.trainer_bytes, c.created, p.step, c.blocks, c.reference, c.reference_depth, "
        + "c.task, (SELECT coalesce(former_name, name) FROM tasks WHERE id = c.task), c.proof, c.chain_bytes, "
        + "(SELECT coalesce(former_name, name) FROM tasks WHERE id = p.task AND p.task <> c.task), c.deleted, "
        + "c.pinned, p.state, c.metadata, c.side_set, c.side_bytes";

    public const string From = "checkpoints c JOIN masks m ON m.id = c.mask LEFT JOIN checkpoints p ON p.id = c.parent";

    public static CheckpointRow Read(CatalogRow row) => new(
        row.GetInt64(0), row.GetInt64(1), row.OptionalLong(2), row.GetInt32(3), row.Digest(4), row.GetInt64(20) != 0 ? null : row.OptionalLong(5), row.GetInt64(20) != 0 ? row.GetInt64(12) : row.GetInt64(6), row.GetInt64(7),
        row.OptionalDigest(8), row.Digest(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.OptionalDigest(14),
        row.GetString(15), row.OptionalLong(16), row.GetInt64(17), row.Time(18), row.OptionalLong(19), row.GetInt64(20) != 0,
        row.OptionalLong(21), (int?)row.OptionalLong(22), row.GetInt64(23), row.GetString(24), row.OptionalDigest(25), row.GetInt64(26), row.OptionalText(27),
        row.GetInt64(28) != 0, row.GetInt64(29) != 0, row.OptionalDigest(30), row.GetString(31), row.OptionalDigest(32), row.GetInt64(33));

    /// <summary>What its frames prove: its state, or, where they were laid anew, what stands for it.</summary>
    public Digest Proven => Proof ?? State;

    /// <summary>Bytes of its own frame.</summary>
    public long FrameBytes => ValueBytes + (IsBlocks ? BroughtBytes : 0);

    /// <summary>What it is called in errors, as in <c>task/120</c>.</summary>
    public string Label => $"{TaskName}/{Step}";

    /// <summary>Refuses to go on if the checkpoint is pinned.</summary>
    public void RequireUnpinned()
    {
        if (Pinned)
        {
            throw new FishException(
                ErrorCode.CheckpointPinned, Label, "The checkpoint is pinned.", "Unpin it first, if it is really to go.");
        }
    }

    /// <summary>Whether these are its metrics and metadata.</summary>
    public bool HasInfo(IReadOnlyDictionary<string, double> metrics, IReadOnlyDictionary<string, string> metadata) =>
        Same(Read<double>(Metrics), metrics) && Same(Read<string>(Metadata), metadata);

    public CheckpointInfo ToInfo(CatalogConnection connection, string task) =>
        ToInfo(task, connection.Query("SELECT name FROM tags WHERE checkpoint = $0 ORDER BY name", row => row.GetString(0), Id));

    public CheckpointInfo ToInfo(string task, IEnumerable<string> tags) => new(
        task, Step, ParentText, State, Mask, Changed, LogicalBytes,
        BroughtBytes + ValueBytes + TrainerBytes, MaskBytes, ValueBytes, TrainerBytes - SideBytes, Depth, FileDigest,
        Read<double>(Metrics),
        [.. tags], Created, ChainBytes, Pinned, ParentState, Headers, SideBytes, SideSet)
    {
        Metadata = Read<string>(Metadata),
    };

    private static Dictionary<string, T> Read<T>(string json) => JsonSerializer.Deserialize<Dictionary<string, T>>(json, FishJson.Options)!;

    private static bool Same<T>(Dictionary<string, T> one, IReadOnlyDictionary<string, T> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && EqualityComparer<T>.Default.Equals(pair.Value, value));

    private string ParentText => ParentStep is not { } step ? "base" : ParentTask is null ? StepRef.At(step).ToString() : $"{ParentTask}:{StepRef.At(step)}";
}
