using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes a delta of any size into frames, chunk by chunk. Each chunk is decoded again and compared. Large chunks are encoded on all
/// cores.
/// </summary>
public static class DeltaEncoder
{
    /// <summary>Encodes a delta.</summary>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent">The parent state, to store values as differences; <see langword="null"/> to store the values' own bits.</param>
    /// <param name="parentState">The identity of the parent state; default if unknown.</param>
    /// <param name="options">Encoding options.</param>
    /// <param name="spoolFolder">The folder for frames that outgrow memory.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    /// <exception cref="ArgumentException">The chunks violate the rules of <see cref="IDeltaReader"/>.</exception>
    public static EncodedDelta Encode(
        IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder,
        CancellationToken cancellation = default) =>
        EncodeWithin(null, delta, parent, parentState, options, spoolFolder, long.MaxValue, null, cancellation)!;

    /// <summary>Encodes the values of a delta whose mask is already encoded; otherwise like <see cref="Encode"/>.</summary>
    /// <param name="mask">The frame of the delta's mask, which becomes the result's mask. Not owned.</param>
    /// <param name="delta">The delta, read to its end.</param>
    /// <param name="parent">The parent state.</param>
    /// <param name="parentState">The identity of the parent state.</param>
    /// <param name="options">Encoding options.</param>
    /// <param name="spoolFolder">The folder for frames that outgrow memory.</param>
    /// <param name="earlier">Values of earlier checkpoints with this mask to predict from; the parent's values are then not needed.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the delta's positions differ from the mask.</exception>
    public static EncodedDelta EncodeOn(
        IFrame mask, IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder,
        EarlierValues? earlier = null,
        CancellationToken cancellation = default) =>
        EncodeWithin(mask, delta, parent, parentState, options, spoolFolder, long.MaxValue, earlier, cancellation)!;

    /// <summary>Encodes the values of a delta whose mask is known, without its positions, as in every save with a fixed mask.</summary>
    /// <param name="mask">The verified frame of the mask, or its head alone; it becomes the result's mask. Not owned.</param>
    /// <param name="values">The values, read to their end.</param>
    /// <param name="mapped">Whether to store differences to the parent's values, which the chunks must then contain.</param>
    /// <param name="parentState">The identity of the parent state; default if unknown.</param>
    /// <param name="options">Encoding options.</param>
    /// <param name="spoolFolder">The folder for a frame that outgrows memory.</param>
    /// <param name="earlier">Values of earlier checkpoints with this mask to predict from.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the values belong to another mask, or their digest differs
    /// from the announced one.</exception>
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
                    ErrorCode.CorruptFrame, "frames", "The digest of the values does not match the frame.",
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

    /// <summary>Encodes a delta unless the result exceeds a budget; otherwise like <see cref="Encode"/>.</summary>
    /// <param name="delta">The delta, read to its end or until the budget is spent.</param>
    /// <param name="parent">The parent state.</param>
    /// <param name="parentState">The identity of the parent state.</param>
    /// <param name="options">Encoding options.</param>
    /// <param name="spoolFolder">The folder for frames that outgrow memory.</param>
    /// <param name="budget">The most bytes for chunks.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>The frames, or <see langword="null"/> if they would exceed the budget.</returns>
    public static EncodedDelta? TryEncode(
        IDeltaReader delta, IBlockReader? parent, Digest parentState, CodecOptions options, string spoolFolder, long budget,
        CancellationToken cancellation = default) =>
            EncodeWithin(null, delta, parent, parentState, options, spoolFolder, budget, null, cancellation);

    internal static FishException NotTheSame() => new(
        ErrorCode.CorruptFrame, "encoder", "A chunk did not decode to its input; nothing was stored.",
        "The machine or this program is faulty: check the memory, and report the error.");

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
                ErrorCode.CorruptFrame, "frames", $"The positions belong to the mask {found}; {expected} is expected.",
                "Send the delta with its mask.");
        }
    }
}
