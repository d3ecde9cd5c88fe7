using System.IO.Pipelines;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Executes a <see cref="RestorePlan"/>. Whole blocks are rebuilt in the destination's own memory.</summary>
internal static class RestoreWriter
{
    // A flush wakes the sender. Below this many bytes it costs more than it gains, and models have many small tensors.
    private const int WorthAFlush = Blocks.Size;

    /// <summary>Writes parts of a file.</summary>
    /// <param name="segments">The parts, in order.</param>
    /// <param name="header">The file's header with its prefix, for parts of the header.</param>
    /// <param name="state">The state to write.</param>
    /// <param name="destination">The destination. Flushed after the first part, so that the reader starts early, then about every mebibyte;
    /// not completed.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="OperationCanceledException">Canceled, or the reader of the destination has stopped.</exception>
    public static async Task CopyAsync(
        IEnumerable<Segment> segments, ReadOnlyMemory<byte> header, IBlockReader state, PipeWriter destination,
        CancellationToken cancellationToken = default)
    {
        byte[]? partial = null;
        var unflushed = WorthAFlush;
        foreach (var segment in segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(segment, header, state, destination.GetSpan(segment.Length)[..segment.Length], ref partial);
            destination.Advance(segment.Length);
            if ((unflushed += segment.Length) >= WorthAFlush)
            {
                await FlushAsync(destination, cancellationToken);
                unflushed = 0;
            }
        }

        if (unflushed is > 0 and < WorthAFlush)
        {
            await FlushAsync(destination, cancellationToken);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter destination, CancellationToken cancellationToken)
    {
        var flushed = await destination.FlushAsync(cancellationToken);
        if (flushed.IsCanceled || flushed.IsCompleted)
        {
            throw new OperationCanceledException("The reader of the destination has stopped.");
        }
    }

    private static void Write(Segment segment, ReadOnlyMemory<byte> header, IBlockReader state, Span<byte> destination, ref byte[]? partial)
    {
        if (segment.Tensor < 0)
        {
            header.Span.Slice((int)segment.Skip, segment.Length).CopyTo(destination);
            return;
        }

        var length = Blocks.LengthOf(state.Layout.Tensors[segment.Tensor], segment.Block);
        if (segment.Length == length)
        {
            state.ReadBlock(segment.Tensor, segment.Block, destination);
            return;
        }

        // A block is verified as a whole, so a part is copied out of the whole block.
        var whole = (partial ??= new byte[Blocks.Size]).AsSpan(0, length);
        state.ReadBlock(segment.Tensor, segment.Block, whole);
        whole.Slice((int)segment.Skip, segment.Length).CopyTo(destination);
    }
}
