using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>Encodes what tells two states apart, in whichever form takes fewer bytes, and reads it back.</summary>
/// <param name="view">A snapshot.</param>
/// <param name="means">What encoding takes.</param>
/// <param name="context">The task.</param>
/// <param name="target">The state that it is based on.</param>
/// <param name="diff">Opens the difference between that state, with some more based on it, and the one that is to come out.</param>
/// <param name="cancellation">Ends the work early.</param>
internal sealed class RebaseEncoding(
    ICatalogView view, RecodeContext means, TaskContext context, OpenedState target, Func<IReadOnlyList<DeltaCursor>, IDeltaReader> diff,
    CancellationToken cancellation)
{
    private Layout Layout => context.Layout.Layout;

    /// <summary>Encodes: as blocks, or as values of a mask that is stored already, whichever is smaller.</summary>
    /// <returns>The frames, and whether others may be predicted from them.</returns>
    public (EncodedDelta Encoded, bool Plain) Encode()
    {
        var blocks = BlocksEncoder.TryEncode(
            diff([]), target.Reader, target.Identity, means.Codec, means.TemporaryFolder, long.MaxValue, cancellation)!;
        try
        {
            if (SoundMask(blocks.MaskId) is { } mask && EncodeOn(mask) is var (masked, plain))
            {
                if (FrameSize.Of(masked.Values) < FrameSize.Of(blocks.Values))
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

    /// <summary>Reads what was made with all its checks, and compares the state that it gives with the one that it is to give.</summary>
    /// <param name="encoded">The frames.</param>
    /// <returns>The chunks of the frame.</returns>
    public IReadOnlyList<ChunkEntry> ReadBack(EncodedDelta encoded)
    {
        using (var made = new StoredDeltaReader(new StoredFrames(encoded.Mask, [encoded.Values]), Layout, target.Reader))
        {
            made.ReadToEnd(cancellation);
        }

        if (diff([DeltaCursor.Open(encoded.Mask, [encoded.Values], Layout, context.Name)]).Read(new DeltaChunk()))
        {
            throw new FishException(
                ErrorCode.CorruptFrame, context.Name, "The frame that was made gives another state; the stored one was not replaced.",
                "This is a fault of this machine or program: check its memory, and report it.");
        }

        return encoded.IsBlocks ? ChunkIndex.ReadBlocks(encoded.Values, encoded.ValuesHead, Layout)
            : ChunkIndex.ReadValues(
                encoded.Values, encoded.ValuesHead, encoded.MaskHead!, ChunkIndex.ReadMask(encoded.Mask!, encoded.MaskHead!, Layout));
    }

    private (EncodedDelta Encoded, bool Plain) EncodeOn(IFrame mask)
    {
        var plain = Prediction.Suits(Layout);
        return (DeltaEncoder.EncodeOn(
            mask, diff([]), plain ? null : target.Reader, target.Identity, means.Codec, means.TemporaryFolder, null, cancellation), plain);
    }

    private IFrame? SoundMask(Digest mask) => FrameCheck.OpenSoundMask(view, mask, Layout);
}
