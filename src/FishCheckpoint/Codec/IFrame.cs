namespace FishCheckpoint.Codec;

/// <summary>The encoded bytes of a mask, of a delta's values or of a trainer state, wherever they lie: in memory, in a file, in a
/// database.</summary>
public interface IFrame
{
    /// <summary>The frame's head: fixed header, digests and index (docs/reference/format/container.md).</summary>
    ReadOnlyMemory<byte> Head { get; }

    /// <summary>Bytes of the chunks after the head.</summary>
    long PayloadLength { get; }

    /// <summary>Reads bytes of the chunks.</summary>
    /// <param name="offset">Relative to the end of the head.</param>
    /// <param name="destination">Filled entirely.</param>
    void ReadPayload(long offset, Span<byte> destination);
}

/// <summary>What a frame holds. The numbers are part of the format.</summary>
public enum FrameKind : byte
{
    /// <summary>The positions of a mask.</summary>
    Mask = 1,
    /// <summary>The values of a delta at a mask's positions.</summary>
    Values = 2,
    /// <summary>Plain bytes: a trainer state.</summary>
    Bytes = 3,
    /// <summary>Positions and values of a delta, block by block, given the parent's blocks.</summary>
    Blocks = 4,
}
