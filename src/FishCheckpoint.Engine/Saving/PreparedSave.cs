using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>A save that is encoded and checked, but not yet in the catalog. Owns its parts.</summary>
internal sealed class PreparedSave(
    EncodedDelta delta, OpenedState parent, ModelFiles output, bool maskIsStored = false, Prediction? prediction = null) : IDisposable
{
    public EncodedDelta Delta { get; } = delta;

    public OpenedState Parent { get; } = parent;

    /// <summary>Whether the mask's frame is the stored one, found sound.</summary>
    public bool MaskIsStored { get; } = maskIsStored;

    /// <summary>
    /// What the values are predicted from; <see langword="null"/> where they need the parent, so that none can be predicted from them.
    /// </summary>
    public Prediction? Prediction { get; } = prediction;

    /// <summary>The files that the trainer held.</summary>
    public ModelFiles Output { get; } = output;

    /// <summary>The side files that came with it; disposed with it.</summary>
    public PreparedSideFiles? SideFiles { get; set; }

    /// <summary>The trainer state that came with it; disposed with it.</summary>
    public PreparedState? TrainerState { get; set; }

    public Digest State { get; } = StateIdentity.OfDelta(parent.Identity, delta.MaskId, delta.ValuesDigest);

    /// <summary>The mask's frame; <see langword="null"/> where the positions are in <see cref="Values"/>.</summary>
    public NewFrame? Mask { get; } = delta.Mask is { } mask
        ? new NewFrame(mask, ChunkIndex.ReadMask(mask, delta.MaskHead!, parent.Reader.Layout)) : null;

    /// <summary>The checkpoint's own frame.</summary>
    public NewFrame Values => field ??= new NewFrame(Delta.Values, Delta.IsBlocks
        ? ChunkIndex.ReadBlocks(Delta.Values, Delta.ValuesHead, Parent.Reader.Layout)
        : ChunkIndex.ReadValues(Delta.Values, Delta.ValuesHead, Delta.MaskHead!, [.. Mask!.Chunks]));

    /// <summary>The frames that the save may insert.</summary>
    public IEnumerable<NewFrame> NewFrames =>
        [.. MaskIsStored || Mask is null ? [] : (NewFrame[])[Mask], Values, .. SideFiles?.NewFrames ?? [], .. TrainerState?.NewFrames
            ?? []];

    /// <summary>Bytes of the frames that its delta is read from: its own, its mask's, and those that it is predicted from.</summary>
    public long LinkBytes => Delta.Length + (Prediction?.Frames.Sum(FrameSize.Of) ?? 0);

    /// <summary>The new state, as it will be read from the catalog.</summary>
    public StateReader OpenReader(string label) =>
        Parent.Reader.With(DeltaCursor.Open(Delta.Mask, [.. Prediction?.Frames ?? [], Delta.Values], Parent.Reader.Layout, label));

    public void Dispose()
    {
        TrainerState?.Dispose();
        SideFiles?.Dispose();
        Delta.Dispose();
        Parent.Dispose();
    }
}
