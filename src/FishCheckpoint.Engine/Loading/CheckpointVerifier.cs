using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Reads everything that a checkpoint consists of: base blocks, every delta of its chain with its digests, side files and trainer state.
/// </summary>
internal static class CheckpointVerifier
{
    /// <summary>Throws if anything is damaged, else returns the bytes that it read.</summary>
    public static long Verify(ICatalogView view, string task, OpenedState state, ModelFiles output, CancellationToken cancellationToken)
    {
        var checkpoint = state.Checkpoint!;
        var read = VerifyChain(view, task, state, cancellationToken);
        read += checkpoint.FileDigest is { } expected && output.Files.Count == 1
            ? VerifyFile(task, state, output, expected, cancellationToken) : ReadAll(state.Reader, cancellationToken);
        if (checkpoint.TrainerFrame is { } frame)
        {
            using var content = BytesCoder.Open(view.Frames.Open(frame), null);
            content.CopyTo(Stream.Null);
            read += checkpoint.TrainerBytes - checkpoint.SideBytes;
        }

        foreach (var file in view.SideFiles.Of(checkpoint.SideSet))
        {
            using var content = BytesCoder.Open(view.Frames.Open(file.Frame), null);
            content.CopyTo(Stream.Null);
            read += file.Bytes;
        }

        return read;
    }

    /// <summary>The SHA-256 of a restored file.</summary>
    public static Digest HashFile(IBlockReader state, RestorePlan plan, int file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var sink = new HashStream(hash);
        var writer = PipeWriter.Create(sink, new StreamPipeWriterOptions(minimumBufferSize: Blocks.Size));
        var header = plan.Output.Files[file].Header;
        RestoreWriter.CopyAsync(plan.SegmentsOf(file, 0, header.FileLength), header.ToFileBytes(), state, writer, cancellationToken)
            .GetAwaiter()
            .GetResult();
        writer.Complete();
        return Digest.Finish(hash);
    }

    /// <summary>Throws if the digests of frames differ from those of the saved checkpoint.</summary>
    /// <returns>The head of the values or blocks.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>, or a head is damaged.</exception>
    public static FrameHead RequireOwn(string label, CheckpointRow row, StoredFrames frames)
    {
        var values = FrameHead.Parse(frames.Values[^1].Head);
        RequireOwn(label, row, values);
        return frames.Mask is null || FrameHead.Parse(frames.Mask.Head).Digests[1] == row.Mask ? values : throw NotOwn(label);
    }

    /// <summary>Throws if the digests of a frame of values or blocks differ from those of the saved checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>.</exception>
    public static void RequireOwn(string label, CheckpointRow row, FrameHead values)
    {
        if (values.Digests.Count != 4 || values.Digests[1] != row.Mask
            || StateIdentity.OfDelta(values.Digests[2], row.Mask, values.Digests[3]) != row.Proven)
        {
            throw NotOwn(label);
        }
    }

    private static FishException NotOwn(string label) => new(
        ErrorCode.CorruptCheckpoint, label, "The digests of the frames differ from those of the saved checkpoint.",
        "Restore from a backup.");

    private static long VerifyChain(ICatalogView view, string task, OpenedState state, CancellationToken cancellationToken)
    {
        var read = 0L;
        foreach (var row in state.Chain)
        {
            var frames = StoredFrames.Open(view, row);
            RequireOwn(row.Label, row, frames);
            using var delta = new StoredDeltaReader(frames, state.Reader.Layout, state.UpTo(row));
            delta.ReadToEnd(cancellationToken);
            read += frames.Bytes;
        }

        return read;
    }

    private static long VerifyFile(string task, OpenedState state, ModelFiles output, Digest expected, CancellationToken cancellationToken)
    {
        var plan = new RestorePlan(state.Task.Layout, output, state.Links);
        var found = HashFile(state.Reader, plan, 0, cancellationToken);
        return found == expected ? output.Files[0].Header.FileLength : throw new FishException(
            ErrorCode.CorruptCheckpoint, $"{task}/{state.Checkpoint!.Step}",
            $"The restored file has the digest {found} instead of {expected}.",
            "Restore from a backup.");
    }

    private static long ReadAll(StateReader state, CancellationToken cancellationToken)
    {
        var (buffer, read) = (new byte[Blocks.Size], 0L);
        for (var tensor = 0; tensor < state.Layout.Tensors.Count; tensor++)
        {
            var info = state.Layout.Tensors[tensor];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                state.ReadBlock(tensor, block, buffer.AsSpan(0, Blocks.LengthOf(info, block)));
            }

            read += info.Bytes;
        }

        return read;
    }

    private sealed class HashStream(IncrementalHash hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => hash.AppendData(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => hash.AppendData(buffer);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            hash.AppendData(buffer, offset, count);
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            hash.AppendData(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
