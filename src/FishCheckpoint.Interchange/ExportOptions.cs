using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Interchange;

/// <summary>What is exported, and how it is written.</summary>
public sealed record ExportOptions
{
    /// <summary>The format.</summary>
    public required InterchangeFormat Format { get; init; }

    /// <summary>The folder that the versions go to. Made if it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>
    /// The first checkpoint, written as a full version. <see langword="null"/>: the state that the task starts from, which followers have:
    /// it is version 0, and not written.
    /// </summary>
    public required StepRef? From { get; init; }

    /// <summary>The last checkpoint.</summary>
    public required StepRef To { get; init; }

    /// <summary>
    /// Which of the saved checkpoints between the first and the last are written: each one, each second one… 0: none. Default: each one.
    /// </summary>
    public int Every { get; init; } = 1;

    /// <summary>After how many versions another one is full. 0: none but the first. Default: 0.</summary>
    public int FullEvery { get; init; }

    /// <summary>
    /// Whether versions are numbered one after another, as some followers ask for, and not by their steps. Default: by steps.
    /// </summary>
    public bool Number { get; init; }

    /// <summary>
    /// What versions are called, with <c>{step}</c> in the place of the number, in the format that allows names. Default: the number.
    /// </summary>
    public string? VersionName { get; init; }

    /// <summary>How differences are told in disk-delta: <c>xor</c> or <c>overwrite</c>. Default: <c>xor</c>, the only one in modelexpress.
    /// Refused where the format has no choice.</summary>
    public string? Encoding { get; init; }

    /// <summary>
    /// The checksum of tensors: <c>xxh3-128</c>, <c>blake3</c> or <c>adler32</c> in disk-delta; <c>xxh3-128</c> or <c>sha256</c> in
    /// manifest. Default: <c>xxh3-128</c>; <c>adler32</c>, the only one, in modelexpress.
    /// Refused where the format has no choice.
    /// </summary>
    public string? Checksum { get; init; }

    /// <summary>
    /// How positions are told in sparse-patch-v3: <c>gap_delta</c> or <c>raw</c>. Default: <c>gap_delta</c>. Refused where the format has
    /// no choice.
    /// </summary>
    public string? Positions { get; init; }

    /// <summary>
    /// After how many bytes another file begins, in formats with several. <see langword="null"/>: as the model's own files. Default: so.
    /// </summary>
    public long? ShardSize { get; init; }

    /// <summary>
    /// A folder whose files full versions get besides, such as <c>config.json</c> and a tokenizer's: those that the model has not itself.
    /// Weights, hidden files and folders in it are
    /// left out. Default: none.
    /// </summary>
    public string? SideFiles { get; init; }

    /// <summary>Told of what a reader of the versions may trip over. Default: nobody.</summary>
    public Action<string> OnWarning { get; init; } = _ => { };

    /// <summary>Where what outgrows memory lies meanwhile. Default: the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
