using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Interchange;

/// <summary>What to export, and how to write it.</summary>
public sealed record ExportOptions
{
    /// <summary>The format.</summary>
    public required InterchangeFormat Format { get; init; }

    /// <summary>The folder for the versions; created if missing.</summary>
    public required string Folder { get; init; }

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>
    /// The first checkpoint, written as a full version. <see langword="null"/>: the task's start, which followers already have; it is
    /// version 0 and is not written.
    /// </summary>
    public required StepRef? From { get; init; }

    /// <summary>The last checkpoint.</summary>
    public required StepRef To { get; init; }

    /// <summary>Writes every Nth checkpoint between the first and the last. 0: none. Default: 1.</summary>
    public int Every { get; init; } = 1;

    /// <summary>The number of versions between full ones. 0: only the first is full. Default: 0.</summary>
    public int FullEvery { get; init; }

    /// <summary>Whether versions are numbered consecutively, as some followers require, instead of by step. Default: by step.</summary>
    public bool Number { get; init; }

    /// <summary>The names of versions, with <c>{step}</c> for the number, in formats that allow names. Default: the number.</summary>
    public string? VersionName { get; init; }

    /// <summary>
    /// The encoding of differences in disk-delta: <c>xor</c> or <c>overwrite</c>. Default: <c>xor</c>, the only one in modelexpress.
    /// Refused in formats without this choice.
    /// </summary>
    public string? Encoding { get; init; }

    /// <summary>
    /// The checksum of tensors: <c>xxh3-128</c>, <c>blake3</c> or <c>adler32</c> in disk-delta; <c>xxh3-128</c> or <c>sha256</c> in
    /// manifest. Default: <c>xxh3-128</c>; <c>adler32</c>, the only one, in modelexpress. Refused in formats without this choice.
    /// </summary>
    public string? Checksum { get; init; }

    /// <summary>
    /// The encoding of positions in sparse-patch-v3: <c>gap_delta</c> or <c>raw</c>. Default: <c>gap_delta</c>. Refused in formats without
    /// this choice.
    /// </summary>
    public string? Positions { get; init; }

    /// <summary>
    /// The size after which the next file begins, in bytes, in formats with several files. <see langword="null"/>: splits like the model's
    /// own files. Default: <see langword="null"/>.
    /// </summary>
    public long? ShardSize { get; init; }

    /// <summary>
    /// A folder with additional files for full versions, such as <c>config.json</c> and a tokenizer's. Files that the model itself has are
    /// not copied, nor are weights, dot-files and subfolders. Default: none.
    /// </summary>
    public string? SideFiles { get; init; }

    /// <summary>Called with warnings about problems for readers of the versions. Default: nothing.</summary>
    public Action<string> OnWarning { get; init; } = _ => { };

    /// <summary>The folder for data that is too large for memory. Default: the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
