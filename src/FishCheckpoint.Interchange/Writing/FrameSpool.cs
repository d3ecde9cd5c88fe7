using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>A tensor's compressed change.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Begin">The frame's offset in the spool.</param>
/// <param name="Length">Its length.</param>
/// <param name="Checksum">The checksum of the tensor's new bytes.</param>
internal readonly record struct SpooledFrame(TensorInfo Tensor, long Begin, long Length, string Checksum);

/// <summary>Compresses the changes of tensors into a spool, one frame each.</summary>
/// <param name="checksum">The name of the checksum.</param>
/// <param name="spoolFolder">The folder for data that is too large for memory.</param>
internal sealed class FrameSpool(string checksum, string spoolFolder) : IDisposable
{
    private const int Level = 1;

    private readonly List<SpooledFrame> frames = [];
    private readonly byte[] difference = new byte[Blocks.Size];
    private readonly int[] found = new int[Blocks.Size];

    /// <summary>The frames of changed tensors, in the order of addition.</summary>
    public IReadOnlyList<SpooledFrame> Frames => frames;

    /// <summary>The bytes of the frames.</summary>
    public Spool Bytes { get; } = new(spoolFolder);

    /// <summary>Adds a tensor as old bytes XOR new bytes.</summary>
    public void AddXor(StatePair pair, TensorInfo tensor, CancellationToken cancellation)
    {
        var (hash, differs, begin) = (Checksums.Create(checksum, tensor.Name), false, Bytes.Length);
        using (var frame = new ZstdWriter(Bytes, Level, tensor.Bytes))
        {
            pair.Read(
                tensor,
                (before, after, _) =>
                {
                    hash.Append(after);
                    differs |= !before.SequenceEqual(after);
                    before.CopyTo(difference);
                    XorPatch.Xor(difference.AsSpan(0, before.Length), after);
                    frame.Write(difference.AsSpan(0, before.Length));
                },
                cancellation);
            frame.Finish();
        }

        Note(tensor, differs, begin, hash);
    }

    /// <summary>Adds a tensor as byte positions and new bytes.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TooLarge"/>: a position does not fit 32 bits.</exception>
    public void AddOverwrite(StatePair pair, TensorInfo tensor, CancellationToken cancellation)
    {
        if (tensor.Bytes > uint.MaxValue)
        {
            throw new FishException(ErrorCode.TooLarge, tensor.Name,
                $"The tensor has {tensor.Bytes} bytes; byte positions have 32 bits.", "Use the encoding xor.");
        }

        using var positions = new Spool(spoolFolder);
        using var values = new Spool(spoolFolder);
        var hash = Checksums.Create(checksum, tensor.Name);
        pair.Read(
            tensor,
            (before, after, offset) =>
            {
                hash.Append(after);
                Collect(before, after, offset, positions, values);
            },
            cancellation);
        var begin = Bytes.Length;
        using (var frame = new ZstdWriter(Bytes, Level, 4 + positions.Length + values.Length))
        {
            Span<byte> count = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(count, (uint)values.Length);
            frame.Write(count);
            Copy(positions, frame);
            Copy(values, frame);
            frame.Finish();
        }

        Note(tensor, values.Length > 0, begin, hash);
    }

    /// <inheritdoc/>
    public void Dispose() => Bytes.Dispose();

    private void Collect(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, long offset, Spool positions, Spool values)
    {
        var count = BitwiseDiff.Collect(before, after, 1, found);
        Span<byte> places = new byte[1 << 14];
        Span<byte> news = new byte[places.Length / 4];
        for (var start = 0; start < count;)
        {
            var part = Math.Min(news.Length, count - start);
            for (var index = 0; index < part; index++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(places[(index * 4)..], (uint)(offset + found[start + index]));
                news[index] = after[found[start + index]];
            }

            positions.Write(places[..(part * 4)]);
            values.Write(news[..part]);
            start += part;
        }
    }

    private static void Copy(Spool source, ZstdWriter frame)
    {
        Span<byte> buffer = new byte[1 << 16];
        for (var offset = 0L; offset < source.Length; offset += buffer.Length)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, source.Length - offset)];
            source.Read(offset, buffer);
            frame.Write(buffer);
        }
    }

    // An unchanged tensor is left out; its few bytes stay in the spool.
    private void Note(TensorInfo tensor, bool differs, long begin, ContentHash hash)
    {
        if (differs)
        {
            frames.Add(new SpooledFrame(tensor, begin, Bytes.Length - begin, hash.Finish()));
        }
    }
}
