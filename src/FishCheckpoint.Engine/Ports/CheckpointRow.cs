using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A row of a checkpoint, with its mask's frame unless its own frame holds blocks.</summary>
internal sealed record CheckpointRow(
    long Id, long Step, long? Parent, int Depth, Digest Mask, long? MaskFrame, long MaskBytes, long Frame, Digest? Headers, Digest State,
    long Changed, long LogicalBytes, long PositionBytes, long ValueBytes, Digest? FileDigest, string Metrics, long? TrainerFrame,
    long TrainerBytes, DateTimeOffset Created, long? ParentStep, bool IsBlocks, long? Reference, int? ReferenceDepth, long TaskId,
    string TaskName, Digest? Proof, long ChainBytes, string? ParentTask, bool IsTombstone, bool Pinned, Digest? ParentState,
    string Metadata, Digest? SideSet, long SideBytes)
{
    /// <summary>The digest that its frames prove: its state, or the substitute that a rebase noted.</summary>
    public Digest Proven => Proof ?? State;

    /// <summary>Bytes of the checkpoint's own frame.</summary>
    public long FrameBytes => ValueBytes + (IsBlocks ? PositionBytes : 0);

    /// <summary>The name in errors, such as <c>task/120</c>.</summary>
    public string Label => $"{TaskName}/{Step}";

    /// <summary>Throws if the checkpoint is pinned.</summary>
    public void RequireUnpinned()
    {
        if (Pinned)
        {
            throw new FishException(
                ErrorCode.CheckpointPinned, Label, "The checkpoint is pinned.", "Unpin it first if you want to delete it.");
        }
    }

    /// <summary>Whether the metrics and metadata equal the given ones.</summary>
    public bool HasInfo(IReadOnlyDictionary<string, double> metrics, IReadOnlyDictionary<string, string> metadata) =>
        Same(Read<double>(Metrics), metrics) && Same(Read<string>(Metadata), metadata);

    public CheckpointInfo ToInfo(ICatalogView view, string task) => ToInfo(task, view.Tags.Of(Id));

    public CheckpointInfo ToInfo(string task, IEnumerable<string> tags) => new(
        task, Step, ParentText, State, Mask, Changed, LogicalBytes,
        PositionBytes + ValueBytes + TrainerBytes, MaskBytes, ValueBytes, TrainerBytes - SideBytes, Depth, FileDigest,
        Read<double>(Metrics),
        [.. tags], Created, ChainBytes, Pinned, ParentState, Headers, SideBytes, SideSet)
    {
        Metadata = Read<string>(Metadata),
    };

    private static Dictionary<string, T> Read<T>(string json) => JsonSerializer.Deserialize<Dictionary<string, T>>(json, FishJson.Options)!;

    private static bool Same<T>(Dictionary<string, T> one, IReadOnlyDictionary<string, T> other) =>
        one.Count == other.Count && one.All(
            pair => other.TryGetValue(pair.Key, out var value) && EqualityComparer<T>.Default.Equals(pair.Value, value));

    private string ParentText =>
        ParentStep is not { } step ? "base" : ParentTask is null ? StepRef.At(step).ToString() : $"{ParentTask}:{StepRef.At(step)}";
}
