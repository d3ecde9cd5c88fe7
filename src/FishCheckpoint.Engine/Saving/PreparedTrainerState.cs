using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>An encoded and verified trainer state that is not yet in the catalog.</summary>
internal sealed class PreparedTrainerState : IDisposable
{
    private readonly FrameWriter writer;
    private readonly NewFrame frame;

    private PreparedTrainerState(FrameWriter writer, IFrame content)
    {
        (this.writer, frame) = (writer, NewFrame.OfBytes(content));
        var head = FrameHead.Parse(content.Head);
        Info = new TrainerStateInfo(head.Count, frame.Bytes, head.Digests[0]);
    }

    /// <summary>The frame that it may insert.</summary>
    public IEnumerable<NewFrame> NewFrames => [frame];

    public TrainerStateInfo Info { get; }

    /// <summary>Encodes a stream to its end.</summary>
    public static async Task<PreparedTrainerState> EncodeAsync(Stream content, EngineOptions options, CancellationToken cancellationToken)
    {
        var frames = new FrameWriter(FrameKind.Bytes, options.TemporaryFolder);
        try
        {
            return new PreparedTrainerState(
                frames, await BytesCoder.EncodeAsync(content, options.Codec, frames, options.MaxTrainerStateBytes, cancellationToken));
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    /// <summary>Attaches it to a checkpoint, in the caller's transaction.</summary>
    /// <returns>Whether it is new; <see langword="false"/> if the checkpoint has the same one.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StateTaken"/>: the checkpoint has another one.</exception>
    public bool Attach(ICatalogWriter writer, string task, CheckpointRow row)
    {
        if (row.TrainerFrame is { } existing)
        {
            Repair(writer, task, row, existing);
            return false;
        }

        AttachNew(writer, row.Id);
        return true;
    }

    /// <summary>Attaches it to a checkpoint without one, in the caller's transaction.</summary>
    /// <returns>Its stored bytes.</returns>
    public long AttachNew(ICatalogWriter writer, long checkpoint)
    {
        var id = writer.Frames.Insert(frame);
        writer.Checkpoints.SetTrainerState(checkpoint, id, Info.StoredBytes);
        return Info.StoredBytes;
    }

    /// <summary>Whether a checkpoint has another, readable trainer state.</summary>
    public bool IsOther(ICatalogView view, CheckpointRow row) =>
        row.TrainerFrame is { } existing && FrameCheck.IsSoundBytes(view, existing) && DigestOf(view, existing) != Info.Sha256;

    public void Dispose() => writer.Dispose();

    // The content of a damaged trainer state is lost, so the new one replaces it.
    private void Repair(ICatalogWriter writer, string task, CheckpointRow row, long existing)
    {
        if (FrameCheck.IsSoundBytes(writer, existing))
        {
            RequireSame(writer, task, row, existing);
            return;
        }

        writer.Frames.Replace(existing, frame);
        writer.Checkpoints.SetTrainerState(row.Id, existing, Info.StoredBytes);
    }

    private void RequireSame(ICatalogView view, string task, CheckpointRow row, long existing)
    {
        if (DigestOf(view, existing) != Info.Sha256)
        {
            throw new FishException(
                ErrorCode.StateTaken, $"{task}/{row.Step}", "The checkpoint already has another trainer state.", "Save another step.");
        }
    }

    private static Digest DigestOf(ICatalogView view, long existing) => FrameHead.Parse(view.Frames.Open(existing).Head).Digests[0];
}
