using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Turns a delta of any size into frames, chunk by chunk, and decodes each chunk again before it counts as encoded. Large chunks are
/// encoded on all cores.
/// </summary>
public static class DeltaEncoder
{
    /// <summary>Encodes a delta.</summary>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent"> The state that it is laid on: values are then stored as their difference to it. <see langword="null"/> stores
    /// the values' own bits. </param>
    /// <param name="parentState">The identity of that state; default where it is not known.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where frames that outgrow memory go.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    /// <exception cref="ArgumentException">The chunks break the rules of <see cref="IDeltaReader"/>.</exception>
    public static EncodedDelta Encode(
        IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder,
        CancellationToken cancellation = default) =>
        EncodeWithin(null, delta, parent, parentState, options, spoolFolder, long.MaxValue, null, cancellation)!;

    /// <summary>Encodes the values of a delta whose mask is encoded already; as <see cref="Encode"/> otherwise.</summary>
    /// <param name="mask">The frame of the delta's mask: the result's mask. Not owned.</param>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent">The state that it is laid on.</param>
    /// <param name="parentState">The identity of that state.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where frames that outgrow memory go.</param>
    /// <param name="earlier">The values of earlier checkpoints with this mask, that these are guessed from; the parent's are not needed
    /// then.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the delta's positions are not those of the mask.</exception>
    public static EncodedDelta EncodeOn(
        IFrame mask, IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder,
        EarlierValues? earlier = null,
        CancellationToken cancellation = default) =>
        EncodeWithin(mask, delta, parent, parentState, options, spoolFolder, long.MaxValue, earlier, cancellation)!;

    /// <summary>Encodes the values of a delta whose mask is known, without its positions: what a save with a fixed mask costs.</summary>
    /// <param name="mask">The frame of the mask, found sound, or its head alone: the result's mask. Not owned.</param>
    /// <param name="values">The values, read to their end.</param>
    /// <param name="mapped">Whether they are stored as differences to the parent's values, which their chunks then bring along.</param>
    /// <param name="parentState">The identity of the state that they are laid on; default where it is not known.</param>
    /// <param name="options">Compression.</param>
    /// <param name="spoolFolder">Where a frame that outgrows memory goes.</param>
    /// <param name="earlier">The values of earlier checkpoints with this mask, that these are guessed from.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the values are those of another mask, or have another digest
    /// than was announced.</exception>
    public static EncodedDelta EncodeMasked(
        IFrame mask, IMaskedValues values, bool mapped, Digest parentState, CodecOptions options, string spoolFolder,
        EarlierValues? earlier = null,
        CancellationToken cancellation = default)
    {
        RequireMask(mask, values.Mask);
        var frame = new FrameWriter(FrameKind.Values, spoolFolder);
        try
        {
            using var valuesDigest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var work = new DeltaWork(values.Layout, options.OnAMask, mapped, null, null, frame, earlier);
            for (var buffers = work.Take(); values.Read(buffers.Chunk); buffers = work.Take())
            {
                cancellation.ThrowIfCancellationRequested();
                valuesDigest.AppendData(buffers.Chunk.Values);
                work.Add(buffers);
            }

            work.Finish();
            var found = Digest.Finish(valuesDigest);
            if (values.Announced is { } announced && announced != found)
            {
                throw new FishException(
                    ErrorCode.CorruptFrame, "frames", "The values do not have the digest that the frame carries.",
                    "Send the frames again.");
            }

            return new EncodedDelta(mask, frame.Finish(values.Layout.Id, values.Mask, parentState, found), frame);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

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
        CancellationToken cancellation = default) =>
            EncodeWithin(null, delta, parent, parentState, options, spoolFolder, budget, null, cancellation);

    internal static FishException NotTheSame() => new(
        ErrorCode.CorruptFrame, "encoder", "A chunk did not decode to what was encoded; nothing was stored.",
        "This is a fault of this machine or program: check its memory, and report it.");

    private static EncodedDelta? EncodeWithin(
        IFrame? knownMask, IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder,
        long budget,
        EarlierValues? earlier, CancellationToken cancellation)
    {
        var mask = new FrameWriter(FrameKind.Mask, spoolFolder);
        var values = new FrameWriter(FrameKind.Values, spoolFolder);
        try
        {
            using var maskDigest = new MaskDigest(delta.Layout.Id);
            using var valuesDigest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var work = new DeltaWork(
                delta.Layout, knownMask is null ? options : options.OnAMask, parent is not null, parent, knownMask is null ? mask : null,
                values, earlier);
            var (order, within) = (new ChunkOrder(delta.Layout), true);
            for (var buffers = work.Take(); within && delta.Read(buffers.Chunk); buffers = work.Take())
            {
                cancellation.ThrowIfCancellationRequested();
                var chunk = buffers.Chunk;
                order.Check(chunk);
                maskDigest.Add(chunk.Tensor, chunk.Positions);
                valuesDigest.AppendData(chunk.Values);
                work.Add(buffers);
                within = mask.PayloadLength + values.PayloadLength <= budget;
            }

            work.Finish();
            if (mask.PayloadLength + values.PayloadLength > budget)
            {
                mask.Dispose();
                values.Dispose();
                return null;
            }

            var (layout, maskId) = (delta.Layout.Id, maskDigest.Finish());
            RequireMask(knownMask, maskId);
            return new EncodedDelta(
                knownMask ?? mask.Finish(layout, maskId), values.Finish(layout, maskId, parentState, Digest.Finish(valuesDigest)), mask,
                values);
        }
        catch
        {
            mask.Dispose();
            values.Dispose();
            throw;
        }
    }

    private static void RequireMask(IFrame? known, Digest found)
    {
        if (known is not null && FrameHead.Parse(known.Head).Digests[1] is var expected && expected != found)
        {
            throw new FishException(
                ErrorCode.CorruptFrame, "frames", $"The positions are those of the mask {found}, not of {expected}.",
                "Send the delta with its mask.");
        }
    }
}
