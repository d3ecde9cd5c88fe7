using System.Text.Json.Serialization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What a base is.</summary>
/// <param name="Name">The alias it was asked for by, or its first one.</param>
/// <param name="Id">SHA-256 of its content: of the file, or of the list of its files and their digests.</param>
/// <param name="Layout">Identity of its layout.</param>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Elements">Number of elements of all tensors.</param>
/// <param name="Bytes">Bytes of all its files.</param>
/// <param name="Files">Its files.</param>
/// <param name="Created">When it was added.</param>
/// <param name="LeftOut">In the answer to adding it: what came or was found in its folder and is no part of it; else
/// <see langword="null"/>.</param>
public sealed record BaseInfo(
    string Name, Digest Id, Digest Layout, int Tensors, long Elements, long Bytes, IReadOnlyList<BaseFileInfo> Files,
    DateTimeOffset Created,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null);

/// <summary>What became of a base whose name was removed.</summary>
/// <param name="Name">The name.</param>
/// <param name="Id">The base.</param>
/// <param name="Deleted">Whether the base itself is deleted: it was the last of its names.</param>
/// <param name="Names">The names that it still has.</param>
/// <param name="FreedBytes">Bytes of files that went.</param>
public sealed record RemovedBase(string Name, Digest Id, bool Deleted, IReadOnlyList<string> Names, long FreedBytes);

/// <summary>One file of a base.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record BaseFileInfo(string Name, long Bytes, Digest Sha256);

/// <summary>A tensor that a task declares as its own.</summary>
/// <param name="Dtype">The spelling of its dtype, as in <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record OwnTensor(string Dtype, IReadOnlyList<long> Shape);

/// <summary>What a task is to be.</summary>
/// <param name="Base">Name or id of its base; may be left out where <paramref name="From"/> says it.</param>
/// <param name="Description">Free text.</param>
/// <param name="Metadata">Free keys and values.</param>
/// <param name="Retention">What to keep, and what counts as best.</param>
/// <param name="Tensors">The task's own tensors: replaced or added ones, or <see langword="null"/> for dropped ones; may be left out where
/// <paramref name="From"/> says them.</param>
/// <param name="From">The checkpoint that the task starts from: what its first save is laid on where nothing else is said. Never changes;
/// left out later, it stays.</param>
public sealed record TaskSpec(
    string? Base = null,
    string? Description = null,
    IReadOnlyDictionary<string, string>? Metadata = null,
    Retention? Retention = null,
    IReadOnlyDictionary<string, OwnTensor?>? Tensors = null,
    BranchPoint? From = null);

/// <summary>The checkpoint that a task starts from.</summary>
/// <param name="Task">Its task. It may be deleted later: the branch keeps what it needs.</param>
/// <param name="Step">Its step.</param>
public sealed record BranchPoint(string Task, long Step)
{
    /// <summary>Reads <c>TASK:STEP</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it names no checkpoint; <see cref="ErrorCode.NameInvalid"/>,
    /// <see cref="ErrorCode.StepInvalid"/>.</exception>
    public static BranchPoint Parse(string text) => text.Contains(':', StringComparison.Ordinal)
        && ParentChoice.Parse(text) is { Task: { } task, Step: { } step }
        ? new BranchPoint(task, step)
        : throw new FishException(ErrorCode.RequestInvalid, "from",
            $"'{(text.Length <= 80 ? text : $"{text[..77]}...")}' names no checkpoint of a task.", "Give TASK:STEP.");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Task}:{Step}");
}

/// <summary>What a task is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Base">An alias of its base.</param>
/// <param name="BaseId">The identity of its base.</param>
/// <param name="Layout">Identity of the task layout.</param>
/// <param name="Description">Free text.</param>
/// <param name="Metadata">Free keys and values.</param>
/// <param name="Retention">What to keep, and what counts as best.</param>
/// <param name="Tensors">The task's own tensors.</param>
/// <param name="Checkpoints">How many checkpoints it has.</param>
/// <param name="Latest">The highest step, if any.</param>
/// <param name="Created">When it was made.</param>
/// <param name="QuotaBytes">The most stored bytes of its checkpoints; <see langword="null"/>: no limit.</param>
/// <param name="From">The checkpoint that it started from, as it was called then; <see langword="null"/>: the base.</param>
/// <param name="Saved">When its latest checkpoint was saved, if any.</param>
/// <param name="Best">The step with the best value of the metric that its retention monitors, if there is one.</param>
/// <param name="BestValue">That value.</param>
/// <param name="Removes">What its retention deletes with the next collection: in the answer to a change of the retention, and nowhere
/// else.</param>
public sealed record TaskInfo(
    string Name, string Base, Digest BaseId, Digest Layout, string? Description, IReadOnlyDictionary<string, string> Metadata,
    Retention? Retention, IReadOnlyDictionary<string, OwnTensor?> Tensors, long Checkpoints, long? Latest, DateTimeOffset Created,
    long? QuotaBytes = null, BranchPoint? From = null, DateTimeOffset? Saved = null, long? Best = null, double? BestValue = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RetentionPreview? Removes = null);

/// <summary>What a retention deletes with the next collection, unless it is changed, or the checkpoints are tagged or pinned, before
/// that.</summary>
/// <param name="Checkpoints">How many checkpoints.</param>
/// <param name="Steps">The first thousand of them.</param>
/// <param name="Bytes">What they take in the store.</param>
/// <param name="Grace">How long they can be brought back after that.</param>
/// <param name="Within">When the next collection is, at the latest; <see langword="null"/>: when it is asked for.</param>
public sealed record RetentionPreview(long Checkpoints, IReadOnlyList<long> Steps, long Bytes, TimeSpan Grace, TimeSpan? Within)
{
    /// <summary>The most steps that a preview lists.</summary>
    public const int MaxListed = 1000;
}

/// <summary>What a checkpoint is and costs.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Parent"><c>base</c>, the parent's step, or <c>TASK:STEP</c> where it is another task's. Folding may lay a checkpoint on an
/// earlier one; its state stays.</param>
/// <param name="State">Identity of the full state: what ETags are made of.</param>
/// <param name="Mask">Identity of its mask.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="LogicalBytes">Bytes of the full model that it stands for.</param>
/// <param name="StoredBytes">What it added to the store: positions (0 when the mask was there already), values, trainer state and own side
/// files.</param>
/// <param name="PositionBytes">Bytes of its mask's frame, whoever brought it.</param>
/// <param name="ValueBytes">Bytes of its values' frame.</param>
/// <param name="StateBytes">Bytes of its trainer state as stored; 0 without.</param>
/// <param name="Depth">Deltas from the base to here.</param>
/// <param name="FileDigest">SHA-256 of the full file, where it is known.</param>
/// <param name="Metrics">Numbers that the trainer gave with it.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="ChainBytes">Bytes of all frames that restoring it decodes: with the base's, what it costs to read.</param>
/// <param name="Pinned">Whether it is pinned: neither a retention nor a request deletes it.</param>
/// <param name="ParentState">Identity of the state that it is laid on: the parent may have been deleted, and another one saved at its step.
/// <see langword="null"/>: the base.</param>
/// <param name="Headers">Identity of its files' own headers, where they are laid out otherwise than its task's: with the state, what its
/// files' bytes follow from. Known to the store that has it, and not sent.</param>
/// <param name="SideBytes">Bytes of its own side files as stored, where it accounts for them: a file that several checkpoints have is
/// stored once.</param>
/// <param name="SideFiles">Identity of its own side files; <see langword="null"/>: it has none, and its base's are served.</param>
/// <param name="LeftOut">In the answer to a save: what came or was found in its folder and is no part of it; else
/// <see langword="null"/>.</param>
public sealed record CheckpointInfo(
    string Task, long Step, string Parent, Digest State, Digest Mask, long Changed, long LogicalBytes, long StoredBytes, long PositionBytes,
    long ValueBytes, long StateBytes, int Depth, Digest? FileDigest, IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Tags,
    DateTimeOffset Created, long ChainBytes = 0, bool Pinned = false, Digest? ParentState = null,
    [property: JsonIgnore] Digest? Headers = null,
    long SideBytes = 0, Digest? SideFiles = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutFile>? LeftOut = null)
{
    /// <summary>Free keys and texts that the trainer gave with it. The hooks write the id of their run under <c>run</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>What a trainer state is.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="StoredBytes">Its length as stored.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record StateInfo(long Bytes, long StoredBytes, Digest Sha256);

/// <summary>The outcome of an idempotent save.</summary>
/// <param name="Value">What is stored now.</param>
/// <param name="Created"><see langword="true"/> when this call stored it; <see langword="false"/> when the same was there already.</param>
public sealed record Saved<T>(T Value, bool Created);

/// <summary>Which part of a list to give, or, of a list that is read to its end, where it begins.</summary>
/// <param name="Limit">The most items of a page, 1 to 1000: one request asks for that many.</param>
/// <param name="After">Start after this key (a name, or a step); <see langword="null"/> starts at the beginning.</param>
/// <param name="Descending">Whether the list goes from its last item to its first. Lists of checkpoints alone can; the others keep their
/// order.</param>
public sealed record PageRequest(int Limit = 100, string? After = null, bool Descending = false)
{
    /// <summary>The most items of a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Returns this, or refuses it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a part has 1 to 1000 items.</exception>
    public PageRequest Validate() => Limit is >= 1 and <= MaxLimit ? this : throw new FishException(
        ErrorCode.RequestInvalid, "limit", $"A page has 1 to 1000 items, not {Limit}.", "Ask for fewer and follow the next page.");
}

/// <summary>Part of a list.</summary>
/// <param name="Items">The items, ordered by key.</param>
/// <param name="Next">The <see cref="PageRequest.After"/> of the next part; <see langword="null"/> at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
