namespace FishCheckpoint.Codec;

/// <summary>
/// The compression of a span of bytes in a frame. The numbers are part of the format (docs/reference/format/container.md, "Compression").
/// </summary>
public enum Compression : byte
{
    /// <summary>Not compressed. Every other choice falls back to it if it does not shrink the bytes.</summary>
    Stored = 0,
    /// <summary>One LZ4 block.</summary>
    Lz4 = 1,
    /// <summary>One Zstandard frame.</summary>
    Zstd = 2,
    /// <summary>One Brotli stream.</summary>
    Brotli = 3,
}

/// <summary>The effort to make deltas small.</summary>
public enum CodecEffort : byte
{
    /// <summary>Spans of bytes through a general-purpose compressor only.</summary>
    Runs = 0,
    /// <summary>Fast enough for a trainer that saves every step.</summary>
    Fast = 1,
    /// <summary>Close to the entropy, given the parent.</summary>
    Small = 2,
    /// <summary>
    /// <see cref="Fast"/> for values of a fixed mask, which a trainer may save every step; <see cref="Small"/> for everything else.
    /// </summary>
    Auto = 3,
}

/// <summary>Options for encoding deltas.</summary>
/// <param name="Positions">Compression of gap-coded positions, with <see cref="CodecEffort.Runs"/>.</param>
/// <param name="Values">Compression of byte planes and plain bytes.</param>
/// <param name="Level">Level: Zstandard 1 to 19, Brotli 1 to 11, LZ4 1 to 12 (below 3 its fast search); higher values count as the
/// highest.</param>
/// <remarks>Default: Zstandard at level 1 for both.</remarks>
public sealed record CodecOptions(Compression Positions = Compression.Zstd, Compression Values = Compression.Zstd, int Level = 1)
{
    /// <summary>The effort. Default: <see cref="CodecEffort.Auto"/>.</summary>
    public CodecEffort Effort { get; init; } = CodecEffort.Auto;

    /// <summary>
    /// Whether to decode each chunk again and compare it. Default: yes. A sender may disable it if the receiver decodes everything and
    /// checks the digest.
    /// </summary>
    public bool Prove { get; init; } = true;

    /// <summary>These options for values whose mask is already stored.</summary>
    internal CodecOptions OnAMask => this with { Effort = EffortOf(onAMask: true) };

    /// <summary>The effort for a frame, with <see cref="CodecEffort.Auto"/> resolved.</summary>
    /// <param name="onAMask">Whether the frame contains values whose mask is already stored.</param>
    public CodecEffort EffortOf(bool onAMask) => Effort != CodecEffort.Auto ? Effort : onAMask ? CodecEffort.Fast : CodecEffort.Small;
}
