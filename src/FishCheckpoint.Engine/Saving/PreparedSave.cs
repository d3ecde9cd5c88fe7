using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>An encoded and verified save that is not yet in the catalog. Owns its parts.</summary>
internal sealed class PreparedSave(
    EncodedDelta delta, OpenedState parent, ModelFiles output, bool maskIsStored = false, Prediction? prediction = null) : IDisposable
{
    public EncodedDelta Delta { get; } = delta;

    public OpenedState Parent { get; } = parent;

    /// <summary>Whether the mask's frame is stored and undamaged.</summary>
    public bool MaskIsStored { get; } = maskIsStored;

    /// <summary>
    /// The prediction of the values; <see langword="null"/> if they need the parent, so that they cannot become a reference.
    /// </summary>
    public Prediction? Prediction { get; } = prediction;

    /// <summary>The files of the trainer's model.</summary>
    public ModelFiles Output { get; } = output;

    /// <summary>The side files of the save; disposed with it.</summary>
    public PreparedSideFiles? SideFiles { get; set; }

    /// <summary>The trainer state of the save; disposed with it.</summary>
    public PreparedTrainerState? TrainerState { get; set; }

    public Digest State { get; } = StateIdentity.OfDelta(parent.Identity, delta.MaskId, delta.ValuesDigest);

    /// <summary>The mask's frame; <see langword="null"/> if <see cref="Values"/> contains the positions.</summary>
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

    /// <summary>Bytes of the frames that a read of its delta decodes: its own, its mask's and its references'.</summary>
    public long LinkBytes => Delta.Length + (Prediction?.Frames.Sum(NewFrame.BytesOf) ?? 0);

    /// <summary>The new state, as the catalog will return it.</summary>
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
