namespace FishCheckpoint.Codec;

/// <summary>An encoded mask, a delta's values or a trainer state, in memory, in a file or in a database.</summary>
public interface IFrame
{
    /// <summary>The frame's head: fixed header, digests and index (docs/reference/format/container.md).</summary>
    ReadOnlyMemory<byte> Head { get; }

    /// <summary>Bytes of the chunks after the head.</summary>
    long PayloadLength { get; }

    /// <summary>Reads bytes of the chunks.</summary>
    /// <param name="offset">Relative to the end of the head.</param>
    /// <param name="destination">Filled completely.</param>
    void ReadPayload(long offset, Span<byte> destination);
}

/// <summary>The kind of a frame's content. The numbers are part of the format.</summary>
public enum FrameKind : byte
{
    /// <summary>The positions of a mask.</summary>
    Mask = 1,
    /// <summary>The values of a delta at a mask's positions.</summary>
    Values = 2,
    /// <summary>Plain bytes: a trainer state.</summary>
    Bytes = 3,
    /// <summary>Positions and values of a delta, block by block, relative to the parent's blocks.</summary>
    Blocks = 4,
}
