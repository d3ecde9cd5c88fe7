using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Turns a delta of any size into frames, chunk by chunk, and decodes each chunk again before it counts as encoded.</summary>
public static class DeltaEncoder
{
    /// <summary>Encodes a delta.</summary>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent">
    /// The state that it is laid on: values are then stored as their difference to it. <see langword="null"/> stores the values' own bits.
    /// </param>
    /// <param name="parentState">The identity of that state; default where it is not known.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where frames that outgrow memory go.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    /// <exception cref="ArgumentException">The chunks break the rules of <see cref="IDeltaReader"/>.</exception>
    public static EncodedDelta Encode(
        IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder, CancellationToken cancellation = default) =>
        EncodeWithin(null, delta, parent, parentState, options, spoolFolder, long.MaxValue, null, cancellation)!;

    /// <summary>Encodes the values of a delta whose mask is encoded already; as <see cref="Encode"/> otherwise.</summary>
    /// <param name="mask">The frame of the delta's mask: the result's mask. Not owned.</param>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent">The state that it is laid on.</param>
    /// <param name="parentState">The identity of that state.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where frames that outgrow memory go.</param>
    /// <param name="earlier">The values of earlier checkpoints with this mask, that these are guessed from; the parent's are not needed then.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the delta's positions are not those of the mask.</exception>
    public static EncodedDelta EncodeOn(
        IFrame mask, IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder, EarlierValues? earlier = null,
        CancellationToken cancellation = default) =>
        EncodeWithin(mask, delta, parent, parentState, options, spoolFolder, long.MaxValue, earlier, cancellation)!;

    /// <summary>Encodes a delta unless it takes more than some bytes; as <see cref="Encode"/> otherwise.</summary>
    /// <param name="delta">The delta, read to its end, or until the bytes are spent.</param>
    /// <param name="parent">The state that it is laid on.</param>
    /// <param name="parentState">The identity of that state.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where frames that outgrow memory go.</param>
    /// <param name="budget">The most bytes of chunks.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frames, or <see langword="null"/> when they would take more.</returns>
    public static EncodedDelta? TryEncode(
        IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder, long budget,
        CancellationToken cancellation = default) => EncodeWithin(null, delta, parent, parentState, options, spoolFolder, budget, null, cancellation);

    internal static FishException NotTheSame() => new(
        ErrorCode.CorruptFrame, "encoder", "A chunk did not decode to what was encoded; nothing was stored.",
        "This is a fault of this machine or program: check its memory, and report it.");

    private static EncodedDelta? EncodeWithin(
        IFrame? knownMask, IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder, long budget,
        EarlierValues? earlier, CancellationToken cancellation)
    {
        var mask = new FrameWriter(FrameKind.Mask, spoolFolder);
        var values = new FrameWriter(FrameKind.Values, spoolFolder);
        var buffers = CodingBuffers.Rent();
        try
        {
            var work = new Work(delta.Layout, (knownMask is null ? options : options.OnAMask).Available(), parent, knownMask is null ? mask : null, values, earlier, buffers);
            using var maskDigest = new MaskDigest(delta.Layout.Id);
            using var valuesDigest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var chunk = buffers.Chunk;
            while (delta.Read(chunk))
            {
                cancellation.ThrowIfCancellationRequested();
                maskDigest.Add(chunk.Tensor, chunk.Positions);
                valuesDigest.AppendData(chunk.Values);
                work.Encode(chunk);
                if (mask.PayloadLength + values.PayloadLength > budget)
                {
                    mask.Dispose();
                    values.Dispose();
                    return null;
                }
            }

            var (layout, maskId) = (delta.Layout.Id, maskDigest.Finish());
            RequireMask(knownMask, maskId);
            return new EncodedDelta(
                knownMask ?? mask.Finish(layout, maskId), values.Finish(layout, maskId, parentState, Digest.Finish(valuesDigest)), mask, values);
        }
        catch
        {
            mask.Dispose();
            values.Dispose();
            throw;
        }
        finally
        {
            buffers.Return();
        }
    }

    private static void RequireMask(IFrame? known, Digest found)
    {
        if (known is not null && FrameHead.Parse(known.Head).Digests[1] is var expected && expected != found)
        {
            throw new FishException(
                ErrorCode.CorruptFrame, "frames", $"The positions are those of the mask {found}, not of {expected}.", "Send the delta with its mask.");
        }
    }

    private sealed class Work(Layout layout, CodecOptions options, IBlockReader? parent, FrameWriter? mask, FrameWriter values, EarlierValues? earlier, CodingBuffers buffers)
    {
        private const int SampleBytes = 1 << 14;

        private readonly ChunkCoder coder = buffers.Coder;
        private readonly byte[] encoded = buffers.Encoded;
        private ParentValues? parentValues;
        private int tensor = -1;
        private long lastPosition;
        private bool full;
        private int taken;

        public void Encode(DeltaChunk chunk)
        {
            Check(chunk);
            var (first, last) = (chunk.Positions[0], chunk.Positions[^1]);
            if (mask is not null)
            {
                mask.Append(chunk.Tensor, chunk.Count, first, last, encoded.AsSpan(0, EncodePositions(chunk, first, last)));
            }

            var length = earlier is null ? EncodeValues(chunk) : EncodeGuessed(chunk, earlier);
            values.Append(chunk.Tensor, chunk.Count, first, last, encoded.AsSpan(0, length));
        }

        // A delta that breaks its rules can be written, but not read again.
        private void Check(DeltaChunk chunk)
        {
            var goesOn = chunk.Tensor == tensor;
            if (chunk.Count == 0 || chunk.Tensor < tensor || (goesOn && !full))
            {
                throw new ArgumentException("A delta's chunks run in layout order, each full unless its tensor ends.");
            }

            Positions.Check(chunk.Positions, layout.Tensors[chunk.Tensor], goesOn ? lastPosition : -1);
            (tensor, lastPosition, full) = (chunk.Tensor, chunk.Positions[^1], chunk.Free == 0);
        }

        private int EncodePositions(DeltaChunk chunk, long first, long last)
        {
            var again = buffers.PositionsAgain.AsSpan(0, chunk.Count);
            var length = coder.EncodePositions(chunk.Positions, options, encoded, layout.Tensors[chunk.Tensor].RowLength);
            coder.DecodePositions(encoded.AsSpan(0, length), first, last, again);
            Require(chunk.Positions.SequenceEqual(again));
            return length;
        }

        private int EncodeValues(DeltaChunk chunk)
        {
            var (map, others) = Parent(chunk);
            var type = layout.Tensors[chunk.Tensor].Type;
            var target = buffers.Mapped.AsSpan(0, chunk.Values.Length);
            chunk.Values.CopyTo(target);
            ValueMaps.Map(map, type, target, others.Span);
            var length = coder.EncodeValues(map, target, chunk.UnitSize, options, encoded);

            var again = buffers.MappedAgain.AsSpan(0, chunk.Values.Length);
            var mapAgain = coder.DecodeValues(encoded.AsSpan(0, length), chunk.UnitSize, again);
            if (mapAgain != ValueMap.Plain)
            {
                ValueMaps.Unmap(mapAgain, type, again, others.Span, again);
            }

            Require(chunk.Values.SequenceEqual(again));
            return length;
        }

        private int EncodeGuessed(DeltaChunk chunk, EarlierValues known)
        {
            var (type, count) = (layout.Tensors[chunk.Tensor].Type, chunk.Values.Length);
            if (known.Last.Length - taken < count)
            {
                throw new ArgumentException("The earlier values are of another mask.", nameof(known));
            }

            var guess = buffers.Parent.AsSpan(0, count);
            var move = known.Before is null ? (byte)0 : Best(type, chunk.Values, known);
            known.Guess(type, taken, move, guess);
            taken += count;
            var length = coder.EncodeGuessed(type, move, guess, chunk.Values, options, encoded);
            var again = buffers.MappedAgain.AsSpan(0, count);
            coder.DecodeGuessed(encoded.AsSpan(0, length), type, guess, again);
            Require(chunk.Values.SequenceEqual(again));
            return length;
        }

        // The move that brings a part of the values nearest, by the bits of their distances.
        private byte Best(DType type, ReadOnlySpan<byte> values, EarlierValues known)
        {
            var sample = Math.Min(values.Length, SampleBytes);
            var guess = buffers.Mapped.AsSpan(0, sample);
            var (best, fewest) = ((byte)0, long.MaxValue);
            foreach (var move in EarlierValues.Moves)
            {
                known.Guess(type, taken, move, guess);
                Ulp.Distances(type, guess, values[..sample], guess);
                var bits = Ulp.Bits(type, guess);
                (best, fewest) = bits < fewest ? (move, bits) : (best, fewest);
            }

            return best;
        }

        private (ValueMap Map, ReadOnlyMemory<byte> Values) Parent(DeltaChunk chunk)
        {
            if (parent is null)
            {
                return (ValueMap.Plain, default);
            }

            var others = buffers.Parent.AsMemory(0, chunk.Values.Length);
            if (chunk.HasParentValues)
            {
                chunk.ParentValues.CopyTo(others.Span);
            }
            else
            {
                (parentValues ??= new ParentValues(parent)).Gather(chunk.Tensor, chunk.Positions, others.Span);
            }

            return (options.Effort == CodecEffort.Runs ? ValueMap.Xor : ValueMap.Distance, others);
        }

        private static void Require(bool same)
        {
            if (!same)
            {
                throw NotTheSame();
            }
        }
    }
}
