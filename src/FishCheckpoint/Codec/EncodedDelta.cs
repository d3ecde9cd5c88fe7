using System.Buffers;
using System.IO.Pipelines;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Codec;

/// <summary>
/// A delta as frames: its mask (omitted if the receiver has it) and its values. A body of <c>application/vnd.fishcheckpoint</c> is their
/// concatenation. Owns the frames' storage.
/// </summary>
public sealed class EncodedDelta : IDisposable
{
    /// <summary>The media type of the frames.</summary>
    public const string MediaType = "application/vnd.fishcheckpoint";

    private readonly IDisposable[] owned;

    /// <summary>Combines frames.</summary>
    /// <param name="mask">The mask's frame, or <see langword="null"/> if the receiver has it.</param>
    /// <param name="values">The values' frame.</param>
    /// <param name="owned">Disposed with this object.</param>
    /// <exception cref="FishException">A head is damaged, or a frame has another kind.</exception>
    public EncodedDelta(IFrame? mask, IFrame values, params IDisposable[] owned)
    {
        (Mask, Values, this.owned) = (mask, values, owned);
        ValuesHead = FrameHead.Parse(values.Head);
        MaskHead = mask is null ? null : FrameHead.Parse(mask.Head);
        IsBlocks = ValuesHead.Kind == FrameKind.Blocks && mask is null;
        if ((ValuesHead.Kind != FrameKind.Values && !IsBlocks) || MaskHead is { Kind: not FrameKind.Mask })
        {
            throw new FishException(ErrorCode.FrameInvalid, "frames", "The frames must be a mask and then values.",
                "Send mask, then values.");
        }
    }

    /// <summary>The mask's frame.</summary>
    public IFrame? Mask { get; }

    /// <summary>The values' frame, or a frame of blocks, which also contains the positions.</summary>
    public IFrame Values { get; }

    /// <summary>Whether the delta is one frame of blocks, which can only be read with its parent.</summary>
    public bool IsBlocks { get; }

    /// <summary>For a new frame of blocks, the number of bytes that encode positions.</summary>
    public long PositionBytes { get; init; }

    /// <summary>The mask's head.</summary>
    public FrameHead? MaskHead { get; }

    /// <summary>The values' head.</summary>
    public FrameHead ValuesHead { get; }

    /// <summary>Identity of the layout.</summary>
    public Digest Layout => ValuesHead.Digests[0];

    /// <summary>Identity of the mask.</summary>
    public Digest MaskId => ValuesHead.Digests[1];

    /// <summary>Identity of the parent state; all zeros if unknown.</summary>
    public Digest Parent => ValuesHead.Digests[2];

    /// <summary>SHA-256 of the new values' bits in order.</summary>
    public Digest ValuesDigest => ValuesHead.Digests[3];

    /// <summary>The number of positions.</summary>
    public long Changed => ValuesHead.Count;

    /// <summary>Bytes of the frames as sent.</summary>
    public long Length => LengthOf(Mask) + LengthOf(Values);

    /// <summary>Opens a file with frames. Heads are read and checked; chunks are checked when they are decoded.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FrameInvalid"/>, <see cref="ErrorCode.CorruptFrame"/>,
    /// <see cref="ErrorCode.FrameTooLarge"/>, <see cref="ErrorCode.BodyTruncated"/>.</exception>
    public static EncodedDelta Open(string path)
    {
        var handle = PositionalFile.Open(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            var first = FileFrame.Read(handle, 0, length);
            if (FrameHead.Parse(first.Head).Kind is FrameKind.Values or FrameKind.Blocks)
            {
                return new EncodedDelta(null, first.Whole(length), handle);
            }

            var end = first.Head.Length + ChunkIndexLength(first);
            if (end > length)
            {
                throw new FishException(
                    ErrorCode.BodyTruncated, "frames", $"The mask's frame has {end} bytes, but the file has only {length}.",
                    "Send the complete frames again.");
            }

            var second = FileFrame.Read(handle, end, length);
            return new EncodedDelta(first.Whole(end), second.Whole(length), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Writes the frames as a body.</summary>
    public async Task WriteToAsync(PipeWriter destination, CancellationToken cancellation = default)
    {
        foreach (var frame in Mask is null ? [Values] : new[] { Mask, Values })
        {
            destination.Write(frame.Head.Span);
            for (var offset = 0L; offset < frame.PayloadLength;)
            {
                var length = (int)Math.Min(1 << 18, frame.PayloadLength - offset);
                frame.ReadPayload(offset, destination.GetSpan(length)[..length]);
                destination.Advance(length);
                offset += length;
                await destination.FlushAsync(cancellation);
            }
        }

        await destination.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(owned, item => item.Dispose());

    private static long LengthOf(IFrame? frame) => frame is null ? 0 : frame.Head.Length + frame.PayloadLength;

    // The end of the mask's frame follows from its index: the sum of its chunks' lengths.
    private static long ChunkIndexLength(FileFrame mask) => ChunkIndex.SumOfMaskLengths(FrameHead.Parse(mask.Head));

    private sealed class FileFrame : IFrame
    {
        private readonly SafeFileHandle handle;
        private readonly long start;

        private FileFrame(SafeFileHandle handle, long start, byte[] head) => (this.handle, this.start, Head) = (handle, start, head);

        public ReadOnlyMemory<byte> Head { get; }

        public long PayloadLength { get; private set; }

        public static FileFrame Read(SafeFileHandle handle, long start, long end)
        {
            var fixedPart = new byte[Math.Max(0, Math.Min(FrameHead.FixedLength, end - start))];
            PositionalFile.ReadExactly(handle, start, fixedPart, "frames");
            var head = new byte[FrameHead.ReadLength(fixedPart, end - start)];
            PositionalFile.ReadExactly(handle, start, head, "frames");
            return new FileFrame(handle, start, head);
        }

        public FileFrame Whole(long end)
        {
            PayloadLength = end - start - Head.Length;
            return this;
        }

        public void ReadPayload(long offset, Span<byte> destination) =>
            PositionalFile.ReadExactly(handle, start + Head.Length + offset, destination, "frames");
    }
}
