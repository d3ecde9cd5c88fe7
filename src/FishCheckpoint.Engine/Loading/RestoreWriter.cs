using System.IO.Pipelines;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Executes a <see cref="RestorePlan"/>: blocks are rebuilt in the destination's own memory wherever they are wanted whole.
/// </summary>
internal static class RestoreWriter
{
    // A flush wakes the one who sends. Below this many bytes that costs more than the bytes do, and models have many small tensors.
    private const int WorthAFlush = Blocks.Size;

    /// <summary>Writes parts of a file.</summary>
    /// <param name="segments">The parts, in order.</param>
    /// <param name="header">The file's header with its prefix, for the parts that are header.</param>
    /// <param name="state">The state to be written.</param>
    /// <param name="destination">Written and flushed: after the first part, so that whoever waits hears soon, then about each mebibyte; not
    /// completed.</param>
    /// <param name="cancellation">Ends the copy early.</param>
    /// <exception cref="OperationCanceledException">Cancelled, or nobody reads the destination any more.</exception>
    public static async Task CopyAsync(
        IEnumerable<Segment> segments, ReadOnlyMemory<byte> header, IBlockReader state, PipeWriter destination,
        CancellationToken cancellation = default)
    {
        byte[]? partial = null;
        var unflushed = WorthAFlush;
        foreach (var segment in segments)
        {
            cancellation.ThrowIfCancellationRequested();
            Write(segment, header, state, destination.GetSpan(segment.Length)[..segment.Length], ref partial);
            destination.Advance(segment.Length);
            if ((unflushed += segment.Length) >= WorthAFlush)
            {
                await FlushAsync(destination, cancellation);
                unflushed = 0;
            }
        }

        if (unflushed is > 0 and < WorthAFlush)
        {
            await FlushAsync(destination, cancellation);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter destination, CancellationToken cancellation)
    {
        var flushed = await destination.FlushAsync(cancellation);
        if (flushed.IsCanceled || flushed.IsCompleted)
        {
            throw new OperationCanceledException("The destination is not read any more.");
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

        // A block is checked as a whole, so a part of it is cut from the whole.
        var whole = (partial ??= new byte[Blocks.Size]).AsSpan(0, length);
        state.ReadBlock(segment.Tensor, segment.Block, whole);
        whole.Slice((int)segment.Skip, segment.Length).CopyTo(destination);
    }
}
