using System.Text.Json.Serialization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A base.</summary>
/// <param name="Name">The requested name, or its first name.</param>
/// <param name="Id">SHA-256 of its file, or of the list of its files and digests.</param>
/// <param name="Layout">Identity of its layout.</param>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Elements">Number of elements in all tensors.</param>
/// <param name="Bytes">Bytes of all its files.</param>
/// <param name="Files">Its files.</param>
/// <param name="Created">When it was added.</param>
/// <param name="LeftOut">In the response to adding it: uploaded files that do not belong to it; otherwise <see langword="null"/>.</param>
public sealed record BaseInfo(
    string Name, Digest Id, Digest Layout, int Tensors, long Elements, long Bytes, IReadOnlyList<BaseFileInfo> Files,
    DateTimeOffset Created,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null);

/// <summary>The result of removing a base's name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Id">The base.</param>
/// <param name="Deleted">Whether the base was deleted because this was its last name.</param>
/// <param name="Names">Its remaining names.</param>
/// <param name="FreedBytes">Bytes of deleted files.</param>
public sealed record RemovedBase(string Name, Digest Id, bool Deleted, IReadOnlyList<string> Names, long FreedBytes);

/// <summary>One file of a base.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record BaseFileInfo(string Name, long Bytes, Digest Sha256);

/// <summary>A task's own tensor.</summary>
/// <param name="Dtype">The name of its dtype, such as <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record OwnTensor(string Dtype, IReadOnlyList<long> Shape);

/// <summary>The properties of a task to create or change.</summary>
/// <param name="Base">Name or id of its base; optional if <paramref name="BranchPoint"/> is set.</param>
/// <param name="Description">Any text.</param>
/// <param name="Metadata">Any keys and values.</param>
/// <param name="Retention">Retention rules, and the metric for the best checkpoint.</param>
/// <param name="Tensors">The task's own tensors: replaced or added ones, or <see langword="null"/> for dropped ones; optional if
/// <paramref name="BranchPoint"/> is set.</param>
/// <param name="BranchPoint">The checkpoint that the task branches from, the default parent of its first save. It never changes; later
/// requests may omit it.</param>
public sealed record TaskSpec(
    string? Base = null,
    string? Description = null,
    IReadOnlyDictionary<string, string>? Metadata = null,
    Retention? Retention = null,
    IReadOnlyDictionary<string, OwnTensor?>? Tensors = null,
    [property: JsonPropertyName("from")] BranchPoint? BranchPoint = null);

/// <summary>The checkpoint that a task branches from.</summary>
/// <param name="Task">Its task. It may be deleted later; the branch keeps what it needs.</param>
/// <param name="Step">Its step.</param>
public sealed record BranchPoint(string Task, long Step)
{
    /// <summary>Parses <c>TASK:STEP</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the text has another form;
    /// <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.StepInvalid"/>.</exception>
    public static BranchPoint Parse(string text) => text.Contains(':', StringComparison.Ordinal)
        && ParentChoice.Parse(text) is { Task: { } task, Step: { } step }
        ? new BranchPoint(task, step)
        : throw new FishException(ErrorCode.RequestInvalid, "from",
            $"'{(text.Length <= 80 ? text : $"{text[..77]}...")}' is not a checkpoint reference.", "Give TASK:STEP.");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Task}:{Step}");
}

/// <summary>A task.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Base">A name of its base.</param>
/// <param name="BaseId">The identity of its base.</param>
/// <param name="Layout">Identity of the task layout.</param>
/// <param name="Description">Any text.</param>
/// <param name="Metadata">Any keys and values.</param>
/// <param name="Retention">Retention rules, and the metric for the best checkpoint.</param>
/// <param name="Tensors">The task's own tensors.</param>
/// <param name="Checkpoints">The number of checkpoints.</param>
/// <param name="Latest">The highest step, if any.</param>
/// <param name="Created">When it was created.</param>
/// <param name="QuotaBytes">The most stored bytes for its checkpoints; <see langword="null"/> for no limit.</param>
/// <param name="BranchPoint">The checkpoint that it branches from, with its name at that time; <see langword="null"/> for the base.</param>
/// <param name="Saved">When its latest checkpoint was saved, if any.</param>
/// <param name="Best">The step with the best value of the monitored metric, if any.</param>
/// <param name="BestValue">That value.</param>
/// <param name="Removes">The checkpoints that the next collection deletes; only in responses to a change of the retention.</param>
public sealed record TaskInfo(
    string Name, string Base, Digest BaseId, Digest Layout, string? Description, IReadOnlyDictionary<string, string> Metadata,
    Retention? Retention, IReadOnlyDictionary<string, OwnTensor?> Tensors, long Checkpoints, long? Latest, DateTimeOffset Created,
    long? QuotaBytes = null, [property: JsonPropertyName("from")] BranchPoint? BranchPoint = null, DateTimeOffset? Saved = null,
    long? Best = null, double? BestValue = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RetentionPreview? Removes = null);

/// <summary>The checkpoints that a retention deletes with the next collection, unless the retention, tags or pins change first.</summary>
/// <param name="Checkpoints">The number of checkpoints.</param>
/// <param name="Steps">The first 1000 of them.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="Grace">Their grace period.</param>
/// <param name="Within">The latest time until the next collection; <see langword="null"/> if collections run only on request.</param>
public sealed record RetentionPreview(long Checkpoints, IReadOnlyList<long> Steps, long Bytes, TimeSpan Grace, TimeSpan? Within)
{
    /// <summary>The most steps in a preview.</summary>
    public const int MaxListed = 1000;
}

/// <summary>A checkpoint.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Parent"><c>base</c>, the parent's step, or <c>TASK:STEP</c> in another task. Folding may change the parent, not the
/// state.</param>
/// <param name="State">Identity of the full state; ETags use it.</param>
/// <param name="Mask">Identity of its mask.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="LogicalBytes">Bytes of the full model that it represents.</param>
/// <param name="StoredBytes">Stored bytes that it added: positions (0 if an earlier checkpoint has the mask), values, trainer state and own
/// side files.</param>
/// <param name="PositionBytes">Bytes of its mask's frame, even if another checkpoint added it.</param>
/// <param name="ValueBytes">Bytes of its values' frame.</param>
/// <param name="TrainerStateBytes">Stored bytes of its trainer state; 0 without one.</param>
/// <param name="Depth">Number of deltas from the base.</param>
/// <param name="FileDigest">SHA-256 of the full file, if known.</param>
/// <param name="Metrics">The trainer's metrics.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="ChainBytes">Bytes of all frames in its chain; with the base's bytes, its read cost.</param>
/// <param name="Pinned">Whether it is pinned. Neither a retention nor a request deletes a pinned checkpoint.</param>
/// <param name="ParentState">Identity of the parent's state, even if the parent was deleted or its step saved again; <see langword="null"/>
/// for the base.</param>
/// <param name="Headers">Identity of its files' headers if they differ from its task's; together with the state, it determines the files'
/// bytes. Internal to the store.</param>
/// <param name="SideBytes">Stored bytes of the side files that it added; a file that several checkpoints share is stored once.</param>
/// <param name="SideFiles">Identity of its own side files; <see langword="null"/> if it uses its base's.</param>
/// <param name="LeftOut">In the response to a save: uploaded files that do not belong to it; otherwise <see langword="null"/>.</param>
public sealed record CheckpointInfo(
    string Task, long Step, string Parent, Digest State, Digest Mask, long Changed, long LogicalBytes, long StoredBytes, long PositionBytes,
    long ValueBytes, [property: JsonPropertyName("stateBytes")] long TrainerStateBytes, int Depth, Digest? FileDigest,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Tags,
    DateTimeOffset Created, long ChainBytes = 0, bool Pinned = false, Digest? ParentState = null,
    [property: JsonIgnore] Digest? Headers = null,
    long SideBytes = 0, Digest? SideFiles = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null)
{
    /// <summary>The trainer's metadata: any keys and texts. Hooks store the id of their run under <c>run</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A trainer state.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="StoredBytes">Its length as stored.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record TrainerStateInfo(long Bytes, long StoredBytes, Digest Sha256);

/// <summary>The result of an idempotent save.</summary>
/// <param name="Value">The stored object.</param>
/// <param name="Created"><see langword="true"/> if this call stored it; <see langword="false"/> if it already existed.</param>
public sealed record Saved<T>(T Value, bool Created);

/// <summary>The page of a list to return, or the start and page size of a list that is read completely.</summary>
/// <param name="Limit">The most items per page and request, 1 to 1000.</param>
/// <param name="After">The key (a name or a step) after which to start; <see langword="null"/> for the beginning.</param>
/// <param name="Descending">Whether to list from the last item to the first. Only lists of checkpoints support it.</param>
public sealed record PageRequest(int Limit = 100, string? After = null, bool Descending = false)
{
    /// <summary>The most items per page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Returns this request, or throws if it is invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the limit is not between 1 and 1000.</exception>
    public PageRequest Validate() => Limit is >= 1 and <= MaxLimit ? this : throw new FishException(
        ErrorCode.RequestInvalid, "limit", $"A page has 1 to 1000 items, not {Limit}.", "Request fewer and follow the next page.");
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The items, sorted by key.</param>
/// <param name="Next">The <see cref="PageRequest.After"/> of the next page; <see langword="null"/> at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
