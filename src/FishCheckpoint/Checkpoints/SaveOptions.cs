using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What goes with a save besides its content.</summary>
public sealed record SaveOptions
{
    /// <summary>The state that the save is laid against. Default: <see cref="ParentChoice.Auto"/>.</summary>
    public ParentChoice Parent { get; init; } = ParentChoice.Auto;

    /// <summary>The base that the trainer started from; another one is refused (BASE_MISMATCH). Default: not checked.</summary>
    public Digest? ExpectedBase { get; init; }

    /// <summary>SHA-256 of the full restored file (of a model that is one file); another one is refused (DIGEST_MISMATCH). Default: not
    /// checked.</summary>
    public Digest? ExpectedFileDigest { get; init; }

    /// <summary>Numbers to keep with the checkpoint, such as a loss. Default: none.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Free keys and texts to keep with the checkpoint, such as the id of the run. Default: none.</summary>
    /// <remarks>With the metrics at most <see cref="SaveInfo.MaxBytes"/> of JSON; more is refused (TOO_LARGE).</remarks>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether a checkpoint of other content at the step is replaced, in one transaction: the old one is deleted as by a request,
    /// with its tags, which name content; what is based on it stays readable. A pinned one is refused (CHECKPOINT_PINNED). Content is the
    /// model, the trainer state where one is sent, metrics and metadata: the same again changes nothing.
    /// Default: other content is refused (STEP_TAKEN).
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Files beside the model (config.json, a tokenizer) that the checkpoint is to have of its own, besides those of a
    /// <see cref="CheckpointContent.Full"/> model's folder; one of the same name goes before the folder's. They are read in the call.
    /// Default: none.
    /// </summary>
    /// <remarks>A checkpoint's own side files are served in the place of its base's by name; the base's others stay. They are part of its
    /// content: the same model with others for a step that is taken is STEP_TAKEN. A save that brings none says nothing of them.</remarks>
    public IReadOnlyList<SideFile> SideFiles { get; init; } = [];

    /// <summary>
    /// Side files that a checkpoint of the task or its base has already: their digests by name, in the place of their bytes. One that
    /// neither has is refused (SIDE_FILE_UNKNOWN): save it as one of <see cref="SideFiles"/>. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, Digest> KnownSideFiles { get; init; } = new Dictionary<string, Digest>(StringComparer.Ordinal);

    /// <summary>The side files of a save whose bytes come with it: those named here, and those of its model's folder.</summary>
    /// <param name="content">What is saved.</param>
    public IReadOnlyList<SideFile> SideFilesOf(CheckpointContent content) =>
        [.. SideFiles.Concat(((content as CheckpointContent.Full)?.Model.SideFiles ?? [])
            .Where(file => !KnownSideFiles.ContainsKey(file.Name)))
            .DistinctBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>
    /// Opens the trainer state, which is stored in the same transaction as the checkpoint: both are there or neither. Called once for each
    /// attempt to store; the stream is read to its end and disposed. Default: none.
    /// </summary>
    /// <remarks>A checkpoint that is there already gets it, unless it has another one (STATE_TAKEN).</remarks>
    public Func<Stream>? OpenState { get; init; }
}
