using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Frames;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>A trainer state that is encoded and checked, but not yet in the database.</summary>
internal sealed class PreparedState : IDisposable
{
    private readonly FrameWriter writer;
    private readonly IFrame frame;
    private readonly FrameHead head;

    private PreparedState(FrameWriter writer, IFrame frame)
    {
        (this.writer, this.frame, head) = (writer, frame, FrameHead.Parse(frame.Head));
        Info = new StateInfo(head.Count, FrameTable.SizeOf(frame), head.Digests[0]);
    }

    public StateInfo Info { get; }

    /// <summary>Encodes a stream to its end.</summary>
    public static async Task<PreparedState> EncodeAsync(Stream content, StoreOptions options, CancellationToken cancellation)
    {
        var frames = new FrameWriter(FrameKind.Bytes, options.TemporaryFolder);
        try
        {
            return new PreparedState(frames, await BytesCoder.EncodeAsync(content, options.Codec, frames, options.MaxStateBytes, cancellation));
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    /// <summary>Gives it to a checkpoint, in the caller's transaction.</summary>
    /// <returns>Whether it was written; <see langword="false"/> when the checkpoint has the same one.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StateTaken"/>: it has another one.</exception>
    public bool Give(CatalogConnection connection, string task, CheckpointRow row)
    {
        if (row.TrainerFrame is { } existing)
        {
            Mend(connection, task, row, existing);
            return false;
        }

        GiveNew(connection, row.Id);
        return true;
    }

    /// <summary>Gives it to a checkpoint that has none, in the caller's transaction.</summary>
    /// <returns>Its bytes.</returns>
    public long GiveNew(CatalogConnection connection, long checkpoint)
    {
        var id = FrameTable.Insert(connection, frame, ChunkIndex.ReadBytes(frame, head));
        CheckpointUpdates.SetState(connection, checkpoint, id, Info.StoredBytes);
        return Info.StoredBytes;
    }

    /// <summary>Whether a checkpoint has another state, which can be read.</summary>
    public bool IsOther(CatalogConnection connection, CheckpointRow row) =>
        row.TrainerFrame is { } existing && FrameCheck.IsSoundBytes(connection, existing) && DigestOf(connection, existing) != Info.Sha256;

    public void Dispose() => writer.Dispose();

    // What a damaged one held can no longer be told: the one that is sent takes its place.
    private void Mend(CatalogConnection connection, string task, CheckpointRow row, long existing)
    {
        if (FrameCheck.IsSoundBytes(connection, existing))
        {
            RequireSame(connection, task, row, existing);
            return;
        }

        FrameTable.Replace(connection, existing, frame, ChunkIndex.ReadBytes(frame, head));
        CheckpointUpdates.SetState(connection, row.Id, existing, Info.StoredBytes);
    }

    private void RequireSame(CatalogConnection connection, string task, CheckpointRow row, long existing)
    {
        if (DigestOf(connection, existing) != Info.Sha256)
        {
            throw new FishException(
                ErrorCode.StateTaken, $"{task}/{row.Step}", "The checkpoint carries another trainer state.", "A checkpoint never changes; save another step.");
        }
    }

    private static Digest DigestOf(CatalogConnection connection, long existing) => FrameHead.Parse(FrameTable.Open(connection, existing).Head).Digests[0];
}
