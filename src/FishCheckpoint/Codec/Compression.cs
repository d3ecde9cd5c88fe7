namespace FishCheckpoint.Codec;

/// <summary>
/// How a run of bytes is compressed in a frame. The numbers are part of the format (docs/reference/format/container.md, "Compression").
/// </summary>
public enum Compression : byte
{
    /// <summary>Not at all; also what every other choice falls back to where it would not shrink.</summary>
    Stored = 0,
    /// <summary>One LZ4 block.</summary>
    Lz4 = 1,
    /// <summary>One Zstandard frame.</summary>
    Zstd = 2,
    /// <summary>One Brotli stream.</summary>
    Brotli = 3,
}

/// <summary>How much is done to make deltas small.</summary>
public enum CodecEffort : byte
{
    /// <summary>Runs of bytes through a general compressor, and nothing else.</summary>
    Runs = 0,
    /// <summary>What keeps up with a trainer that saves every step.</summary>
    Fast = 1,
    /// <summary>What comes nearest to the entropy, given the parent.</summary>
    Small = 2,
    /// <summary><see cref="Fast"/> for values of a fixed mask, that a trainer may save every step; <see cref="Small"/> for all
    /// else.</summary>
    Auto = 3,
}

/// <summary>How deltas are encoded.</summary>
/// <param name="Positions">Compression of gap-coded positions, with <see cref="CodecEffort.Runs"/>.</param>
/// <param name="Values">Compression of byte planes, and of plain bytes.</param>
/// <param name="Level">Effort: Zstandard 1 to 19, Brotli 1 to 11, LZ4 1 to 12 (its fast search below 3); higher ones count as the
/// highest.</param>
/// <remarks>Default: Zstandard at level 1 for both.</remarks>
public sealed record CodecOptions(Compression Positions = Compression.Zstd, Compression Values = Compression.Zstd, int Level = 1)
{
    /// <summary>How much is done. Default: <see cref="CodecEffort.Auto"/>.</summary>
    public CodecEffort Effort { get; init; } = CodecEffort.Auto;

    /// <summary>
    /// Whether each chunk is decoded again and compared before it counts. Default: yes. A sender may leave it to a receiver that decodes
    /// all and compares it with the digest of what was encoded.
    /// </summary>
    public bool Prove { get; init; } = true;

    /// <summary>These options for values whose mask is stored already.</summary>
    internal CodecOptions OnAMask => this with { Effort = EffortOf(onAMask: true) };

    /// <summary>What is done for a frame: what <see cref="CodecEffort.Auto"/> stands for there.</summary>
    /// <param name="onAMask">Whether it is one of values whose mask is stored already.</param>
    public CodecEffort EffortOf(bool onAMask) => Effort != CodecEffort.Auto ? Effort : onAMask ? CodecEffort.Fast : CodecEffort.Small;
}
