using System.Buffers.Binary;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The location and content of a chunk in its frame.</summary>
/// <param name="Tensor">Index of the tensor in the layout (masks and frames of blocks).</param>
/// <param name="Count">Positions or values; bytes in a frame of plain bytes.</param>
/// <param name="First">The first position (masks), or the block (frames of blocks).</param>
/// <param name="Last">The last position (masks), or the block (frames of blocks).</param>
/// <param name="Offset">The offset of its bytes in the payload.</param>
/// <param name="Length">The number of its bytes.</param>
/// <param name="Crc">Their CRC-32C.</param>
internal readonly record struct ChunkEntry(int Tensor, int Count, long First, long Last, long Offset, int Length, uint Crc);

/// <summary>Writes and reads the index of a frame (docs/reference/format/container.md, "Index").</summary>
internal static class ChunkIndex
{
    /// <summary>The longest entry, in bytes.</summary>
    public const int MaxEntry = (5 * Varint.MaxLength) + sizeof(uint);

    /// <summary>The shortest entry, in bytes. The index's length thus bounds the number of chunks before allocation.</summary>
    public static int MinEntryOf(FrameKind kind) => kind switch { FrameKind.Mask => 5, FrameKind.Blocks => 4, _ => 1 } + sizeof(uint);

    /// <summary>The most bytes in a chunk of plain content.</summary>
    public const int BytesPerChunk = Blocks.Size / 4;

    /// <summary>Appends an entry. Masks also write the covered positions; values only write the location.</summary>
    public static void Append(List<byte> index, FrameKind kind, ChunkEntry entry, ChunkEntry? before)
    {
        Span<byte> bytes = stackalloc byte[MaxEntry];
        var length = 0;
        var sameTensor = before is { } last && last.Tensor == entry.Tensor;
        if (kind == FrameKind.Blocks)
        {
            length += Varint.Write(bytes[length..], (ulong)(entry.Tensor - (before?.Tensor ?? 0)));
            length += Varint.Write(bytes[length..], (ulong)(entry.First - (sameTensor ? before!.Value.Last + 1 : 0)));
            length += Varint.Write(bytes[length..], (ulong)entry.Count);
        }

        if (kind == FrameKind.Mask)
        {
            length += Varint.Write(bytes[length..], (ulong)(entry.Tensor - (before?.Tensor ?? 0)));
            length += Varint.Write(bytes[length..], (ulong)entry.Count);
            length += Varint.Write(bytes[length..], (ulong)(entry.First - (sameTensor ? before!.Value.Last + 1 : 0)));
            length += Varint.Write(bytes[length..], (ulong)(entry.Last - entry.First));
        }

        length += Varint.Write(bytes[length..], (ulong)entry.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[length..], entry.Crc);
        index.AddRange(bytes[..(length + sizeof(uint))]);
    }

    /// <summary>Reads the index of a mask and checks it against the layout.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameInvalid"/>,
    /// <see cref="ErrorCode.FrameTooLarge"/>, <see cref="ErrorCode.LayoutMismatch"/>, <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    public static ChunkEntry[] ReadMask(IFrame frame, FrameHead head, Layout layout)
    {
        Expect(head, FrameKind.Mask);
        if (head.Digests[0] != layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", $"The mask has the layout {head.Digests[0]}; {layout.Id} is expected.",
                "Create it for the task's layout.");
        }

        var most = layout.Tensors.Sum(tensor => (tensor.Units + DeltaChunk.Capacity - 1) / DeltaChunk.Capacity);
        if (head.Chunks > most)
        {
            throw TooLarge($"The mask declares {head.Chunks} chunks; its layout permits {most}.");
        }

        var entries = new ChunkEntry[head.Chunks];
        var reader = new Reader(head.Index.Span);
        var (tensor, next, offset, total) = (0, 0L, 0L, 0L);
        for (var index = 0; index < entries.Length; index++)
        {
            var skipped = reader.Next(layout.Tensors.Count);
            next = skipped > 0 ? 0 : next;
            tensor += (int)skipped;
            if (tensor >= layout.Tensors.Count)
            {
                throw Corrupt("A chunk refers to a tensor that the layout does not have.");
            }

            if (index > 0 && skipped == 0 && entries[index - 1].Count < DeltaChunk.Capacity)
            {
                // A mask has only one valid division into chunks; later values are divided like it.
                throw Corrupt("A chunk is not full although its tensor continues.");
            }

            var units = layout.Tensors[tensor].Units;
            var count = (int)reader.Next(DeltaChunk.Capacity);
            var first = next + reader.Next(units);
            var last = first + reader.Next(units);
            if (count == 0 || last >= units || last - first < count - 1)
            {
                throw new FishException(
                    ErrorCode.IndexOutOfRange, layout.Tensors[tensor].Name,
                    $"A chunk covers {count} positions from {first} to {last} of {units}.",
                    "Positions are flat element indices, each once.");
            }

            var length = (int)reader.Next(ChunkCoder.MaxEncoded);
            entries[index] = new ChunkEntry(tensor, count, first, last, offset, length, reader.NextCrc());
            (next, offset, total) = (last + 1, offset + length, total + count);
        }

        CheckTotals(reader, frame, head, offset, total);
        return entries;
    }

    /// <summary>Reads the index of values, whose chunks match those of their mask.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: they belong to another mask, or are damaged;
    /// <see cref="ErrorCode.FrameInvalid"/>.</exception>
    public static ChunkEntry[] ReadValues(IFrame frame, FrameHead head, FrameHead mask, ReadOnlySpan<ChunkEntry> maskEntries)
    {
        Expect(head, FrameKind.Values);
        if (head.Digests[0] != mask.Digests[0] || head.Digests[1] != mask.Digests[1] || head.Chunks != mask.Chunks)
        {
            throw Corrupt($"The values have the mask {head.Digests[1]}; {mask.Digests[1]} is expected.");
        }

        var entries = new ChunkEntry[head.Chunks];
        var reader = new Reader(head.Index.Span);
        var (offset, total) = (0L, 0L);
        for (var index = 0; index < entries.Length; index++)
        {
            var length = (int)reader.Next(ChunkCoder.MaxEncoded);
            entries[index] = maskEntries[index] with { Offset = offset, Length = length, Crc = reader.NextCrc() };
            (offset, total) = (offset + length, total + entries[index].Count);
        }

        CheckTotals(reader, frame, head, offset, total);
        return entries;
    }

    /// <summary>Reads only the locations of value chunks, without their mask.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>; <see cref="ErrorCode.FrameInvalid"/>.</exception>
    public static ChunkEntry[] ReadPlaces(IFrame frame, FrameHead head)
    {
        Expect(head, FrameKind.Values);
        var entries = new ChunkEntry[head.Chunks];
        var reader = new Reader(head.Index.Span);
        var offset = 0L;
        for (var index = 0; index < entries.Length; index++)
        {
            var length = (int)reader.Next(ChunkCoder.MaxEncoded);
            entries[index] = new ChunkEntry(0, 0, 0, 0, offset, length, reader.NextCrc());
            offset += length;
        }

        CheckTotals(reader, frame, head, offset, head.Count);
        return entries;
    }

    /// <summary>Reads the index of a frame of blocks and checks it against the layout.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameInvalid"/>,
    /// <see cref="ErrorCode.LayoutMismatch"/>, <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    public static ChunkEntry[] ReadBlocks(IFrame frame, FrameHead head, Layout layout)
    {
        Expect(head, FrameKind.Blocks);
        if (head.Digests[0] != layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "blocks", $"The blocks have the layout {head.Digests[0]}; {layout.Id} is expected.",
                "Create them for the task's layout.");
        }

        var entries = new ChunkEntry[head.Chunks];
        var reader = new Reader(head.Index.Span);
        var (tensor, next, offset, total) = (0, 0L, 0L, 0L);
        for (var index = 0; index < entries.Length; index++)
        {
            var skipped = reader.Next(layout.Tensors.Count);
            next = skipped > 0 ? 0 : next;
            tensor += (int)skipped;
            if (tensor >= layout.Tensors.Count)
            {
                throw Corrupt("A block refers to a tensor that the layout does not have.");
            }

            var info = layout.Tensors[tensor];
            var block = next + reader.Next(Blocks.CountOf(info));
            var count = (int)reader.Next(Blocks.Size);
            if (block >= Blocks.CountOf(info) || count == 0 || count > Blocks.LengthOf(info, block) / info.UnitSize)
            {
                throw new FishException(
                    ErrorCode.IndexOutOfRange, info.Name, $"A chunk has {count} positions of block {block}.",
                    "A block has no more positions than units.");
            }

            var length = (int)reader.Next(BlockCoder.MaxEncoded);
            entries[index] = new ChunkEntry(tensor, count, block, block, offset, length, reader.NextCrc());
            (next, offset, total) = (block + 1, offset + length, total + count);
        }

        CheckTotals(reader, frame, head, offset, total);
        return entries;
    }

    /// <summary>Reads the index of plain bytes.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public static ChunkEntry[] ReadBytes(IFrame frame, FrameHead head)
    {
        Expect(head, FrameKind.Bytes);
        if (head.Chunks != (head.Count + BytesPerChunk - 1) / BytesPerChunk)
        {
            throw TooLarge($"{head.Count} bytes do not fit in {head.Chunks} chunks.");
        }

        var entries = new ChunkEntry[head.Chunks];
        var reader = new Reader(head.Index.Span);
        var (offset, total) = (0L, 0L);
        for (var index = 0; index < entries.Length; index++)
        {
            var count = (int)Math.Min(BytesPerChunk, head.Count - total);
            var length = (int)reader.Next(ChunkCoder.MaxEncoded);
            entries[index] = new ChunkEntry(0, count, total, total + count - 1, offset, length, reader.NextCrc());
            (offset, total) = (offset + length, total + count);
        }

        CheckTotals(reader, frame, head, offset, total);
        return entries;
    }

    /// <summary>The payload length from a mask's index, used to find the next frame.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public static long SumOfMaskLengths(FrameHead head)
    {
        Expect(head, FrameKind.Mask);
        var reader = new Reader(head.Index.Span);
        var sum = 0L;
        for (var chunk = 0; chunk < head.Chunks; chunk++)
        {
            for (var field = 0; field < 4; field++)
            {
                reader.Next(long.MaxValue);
            }

            sum += reader.Next(ChunkCoder.MaxEncoded);
            reader.NextCrc();
        }

        return sum;
    }

    /// <summary>Reads and checks a chunk's bytes.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="entry">The chunk.</param>
    /// <param name="buffer">Space for the chunk.</param>
    /// <returns>The chunk's bytes, in <paramref name="buffer"/>.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public static ReadOnlySpan<byte> ReadChunk(IFrame frame, ChunkEntry entry, Span<byte> buffer)
    {
        var bytes = buffer[..entry.Length];
        frame.ReadPayload(entry.Offset, bytes);
        return Crc32C.Compute(bytes) == entry.Crc ? bytes : throw Corrupt($"The checksum of the chunk at {entry.Offset} does not match.");
    }

    private static void Expect(FrameHead head, FrameKind kind)
    {
        if (head.Kind != kind)
        {
            throw new FishException(ErrorCode.FrameInvalid, "frame", $"A frame of kind {kind} is expected, not {head.Kind}.",
                "Send mask, then values.");
        }
    }

    private static void CheckTotals(in Reader reader, IFrame frame, FrameHead head, long payload, long total)
    {
        if (!reader.AtEnd || payload != frame.PayloadLength || total != head.Count)
        {
            throw Corrupt("The index does not match the frame.");
        }
    }

    private static FishException Corrupt(string cause) =>
        new(ErrorCode.CorruptFrame, "frame", cause, "The frame is damaged or malicious; send it again.");

    private static FishException TooLarge(string cause) =>
        new(ErrorCode.FrameTooLarge, "frame", cause, "The frame is malicious or damaged.");

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> rest = rest;

        public readonly bool AtEnd => rest.Length == 0;

        public long Next(long most) => Varint.TryRead(ref rest, out var value) && value <= (ulong)most
            ? (long)value : throw Corrupt("The index ends too early or has an invalid number.");

        public uint NextCrc()
        {
            if (rest.Length < sizeof(uint))
            {
                throw Corrupt("The index ends too early.");
            }

            var crc = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            rest = rest[sizeof(uint)..];
            return crc;
        }
    }
}
