using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The options of a save.</summary>
public sealed record SaveOptions
{
    /// <summary>The parent state. Default: <see cref="ParentChoice.Auto"/>.</summary>
    public ParentChoice Parent { get; init; } = ParentChoice.Auto;

    /// <summary>The base that the trainer started from. A save to another base is refused (BASE_MISMATCH). Default: not checked.</summary>
    public Digest? ExpectedBase { get; init; }

    /// <summary>
    /// The expected SHA-256 of the full restored file, for single-file models. Another digest is refused (DIGEST_MISMATCH). Default: not
    /// checked.
    /// </summary>
    public Digest? ExpectedFileDigest { get; init; }

    /// <summary>Metrics to store with the checkpoint, such as a loss. Default: none.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Metadata to store with the checkpoint, such as the id of the run. Default: none.</summary>
    /// <remarks>Metrics and metadata together may have at most <see cref="SaveInfo.MaxBytes"/> of JSON; more is refused
    /// (TOO_LARGE).</remarks>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether to replace a checkpoint with other content at the step, in one transaction. The old one is deleted as by a request, with its
    /// tags; checkpoints that are based on it stay readable. A pinned one is refused (CHECKPOINT_PINNED). The content consists of model,
    /// trainer state (if sent), metrics and metadata; equal content changes nothing. Default: other content is refused (STEP_TAKEN).
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// The checkpoint's own side files (config.json, a tokenizer), besides those in the folder of a <see cref="CheckpointContent.Full"/>
    /// model; of equal names, these take precedence. They are read during the call. Default: none.
    /// </summary>
    /// <remarks>Own side files replace its base's files of the same name; other files of the base stay. They are part of the content: the
    /// same model with other side files at an existing step is refused (STEP_TAKEN). A save without side files leaves existing ones
    /// unchanged.</remarks>
    public IReadOnlyList<SideFile> SideFiles { get; init; } = [];

    /// <summary>
    /// Side files that a checkpoint of the task or its base already has: digests by name, instead of their bytes. An unknown one is refused
    /// (SIDE_FILE_UNKNOWN); send it in <see cref="SideFiles"/>. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, Digest> KnownSideFiles { get; init; } = new Dictionary<string, Digest>(StringComparer.Ordinal);

    /// <summary>The side files whose bytes are part of a save: <see cref="SideFiles"/> and those of the model's folder.</summary>
    /// <param name="content">The saved content.</param>
    public IReadOnlyList<SideFile> SideFilesOf(CheckpointContent content) =>
        [.. SideFiles.Concat(((content as CheckpointContent.Full)?.Model.SideFiles ?? [])
            .Where(file => !KnownSideFiles.ContainsKey(file.Name)))
            .DistinctBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>
    /// Opens the trainer state, which is stored in the checkpoint's transaction. Called once per attempt; the stream is read to its end and
    /// disposed. Default: none.
    /// </summary>
    /// <remarks>An existing checkpoint receives it too, unless it has another one (STATE_TAKEN).</remarks>
    public Func<Stream>? OpenTrainerState { get; init; }
}
