using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>Encodes the difference between two states in the smallest form, and reads it back.</summary>
/// <param name="view">A snapshot.</param>
/// <param name="context">The context of the work.</param>
/// <param name="task">The task.</param>
/// <param name="target">The new parent.</param>
/// <param name="diff">Opens the difference between the parent, with the given deltas on top, and the state to encode.</param>
/// <param name="cancellationToken">Cancels the work.</param>
internal sealed class RebaseEncoding(
    ICatalogView view, RecodeContext context, TaskContext task, OpenedState target, Func<IReadOnlyList<DeltaCursor>, IDeltaReader> diff,
    CancellationToken cancellationToken)
{
    private Layout Layout => task.Layout.Layout;

    /// <summary>Encodes the difference as blocks or as values of a stored mask, whichever is smaller.</summary>
    /// <returns>The frames, and whether other values may be predicted from them.</returns>
    public (EncodedDelta Encoded, bool Plain) Encode()
    {
        var blocks = BlocksEncoder.TryEncode(
            diff([]), target.Reader, target.Identity, context.Codec, context.TemporaryFolder, long.MaxValue, cancellationToken)!;
        try
        {
            if (SoundMask(blocks.MaskId) is { } mask && EncodeOn(mask) is var (masked, plain))
            {
                if (NewFrame.BytesOf(masked.Values) < NewFrame.BytesOf(blocks.Values))
                {
                    blocks.Dispose();
                    return (masked, plain);
                }

                masked.Dispose();
            }

            return (blocks, false);
        }
        catch
        {
            blocks.Dispose();
            throw;
        }
    }

    /// <summary>Reads the encoded frames with all checks, and compares the resulting state with the expected one.</summary>
    /// <param name="encoded">The encoded frames.</param>
    /// <returns>The chunks of the frame.</returns>
    public IReadOnlyList<ChunkEntry> ReadBack(EncodedDelta encoded)
    {
        using (var made = new StoredDeltaReader(new StoredFrames(encoded.Mask, [encoded.Values]), Layout, target.Reader))
        {
            made.ReadToEnd(cancellationToken);
        }

        if (diff([DeltaCursor.Open(encoded.Mask, [encoded.Values], Layout, task.Name)]).Read(new DeltaChunk()))
        {
            throw new FishException(
                ErrorCode.CorruptFrame, task.Name, "The new frame decodes to another state; the stored frame was not replaced.",
                "Check this machine's memory, and report the error.");
        }

        return encoded.IsBlocks ? ChunkIndex.ReadBlocks(encoded.Values, encoded.ValuesHead, Layout)
            : ChunkIndex.ReadValues(
                encoded.Values, encoded.ValuesHead, encoded.MaskHead!, ChunkIndex.ReadMask(encoded.Mask!, encoded.MaskHead!, Layout));
    }

    private (EncodedDelta Encoded, bool Plain) EncodeOn(IFrame mask)
    {
        var plain = Prediction.Suits(Layout);
        return (DeltaEncoder.EncodeOn(
            mask, diff([]), plain ? null : target.Reader, target.Identity, context.Codec, context.TemporaryFolder, null, cancellationToken),
                plain);
    }

    private IFrame? SoundMask(Digest mask) => FrameCheck.OpenSoundMask(view, mask, Layout);
}
