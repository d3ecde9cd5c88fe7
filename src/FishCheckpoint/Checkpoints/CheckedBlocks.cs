using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Bytes as they are sent over a network so that each block can be verified as it comes, with no second pass: blocks of <see
/// cref="BlockSize"/>
/// bytes, the last one shorter, each followed by <c>SHA-256(offset block)</c>. The offset is that of the block in the whole content, 8
/// bytes,
/// little-endian, so that no block can stand in for another one.
/// </summary>
internal static class CheckedBlocks
{
    /// <summary>The media type of such a body.</summary>
    public const string MediaType = "application/vnd.fishcheckpoint.checked";

    /// <summary>Bytes of a block, without its digest.</summary>
    public const int BlockSize = 1 << 20;

    /// <summary>The length of the checked body for a number of bytes.</summary>
    /// <param name="bytes">Bytes of the content.</param>
    public static long LengthOf(long bytes) => checked(bytes + ((bytes + BlockSize - 1) / BlockSize * Digest.Size));

    /// <summary>Writes a body.</summary>
    /// <param name="offset">The first byte of the content that is sent.</param>
    /// <param name="length">How many bytes are sent.</param>
    /// <param name="produce">Writes those bytes, and does not complete the pipe.</param>
    /// <param name="destination">Written and flushed as it goes, not completed.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <exception cref="InvalidOperationException">Another number of bytes was produced.</exception>
    public static async Task WriteAsync(
        long offset, long length, Func<PipeWriter, Task> produce, PipeWriter destination, CancellationToken cancellation)
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 4 * BlockSize, resumeWriterThreshold: 2 * BlockSize, minimumSegmentSize: 1 << 16,
                useSynchronizationContext: false));
        var producing = ProduceAsync(produce, pipe.Writer);
        try
        {
            for (var left = length; left > 0;)
            {
                var size = (int)Math.Min(BlockSize, left);
                var read = await pipe.Reader.ReadAtLeastAsync(size, cancellation);
                if (read.Buffer.Length < size)
                {
                    break;
                }

                var block = read.Buffer.Slice(0, size);
                Write(offset, block, destination);
                pipe.Reader.AdvanceTo(block.End);
                await destination.FlushAsync(cancellation);
                (offset, left) = (offset + size, left - size);
                if (left == 0)
                {
                    await producing;
                    return;
                }
            }
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
        }

        // What went wrong says the producer; an end without a fault is its own.
        await producing;
        if (length > 0)
        {
            throw new InvalidOperationException("The content is shorter than it was to be.");
        }
    }

    /// <summary>Reads the next block of a body, with its digest, and verifies it.</summary>
    /// <param name="source">The body.</param>
    /// <param name="offset">The block's first byte in the whole content.</param>
    /// <param name="block">Filled with the block; as long as the block is to be.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <returns><see langword="false"/>: the block is not what was sent; nothing of it may be used.</returns>
    /// <exception cref="EndOfStreamException">The body ends before the block does.</exception>
    public static async ValueTask<bool> ReadAsync(Stream source, long offset, Memory<byte> block, CancellationToken cancellation)
    {
        var digest = new byte[Digest.Size];
        await source.ReadExactlyAsync(block, cancellation);
        await source.ReadExactlyAsync(digest, cancellation);
        return DigestOf(offset, block.Span).AsSpan().SequenceEqual(digest);
    }

    /// <summary>The refusal of content that came otherwise than it was sent.</summary>
    /// <param name="what">What was read.</param>
    /// <param name="offset">Where the first block begins that is not what was sent.</param>
    public static FishException Mismatch(string what, long offset) => new(
        ErrorCode.DigestMismatch, what,
            $"What came from byte {offset} on is not what the server sent, twice: something between it and here changes bytes.",
        "Nothing of it was used. Load again, by another network or without the proxy in between.");

    private static async Task ProduceAsync(Func<PipeWriter, Task> produce, PipeWriter writer)
    {
        try
        {
            await produce(writer);
            await writer.CompleteAsync();
        }
        catch (Exception error)
        {
            await writer.CompleteAsync(error);
            throw;
        }
    }

    private static void Write(long offset, ReadOnlySequence<byte> block, PipeWriter destination)
    {
        using var hash = Begin(offset);
        foreach (var part in block)
        {
            hash.AppendData(part.Span);
            destination.Write(part.Span);
        }

        destination.Write(hash.GetHashAndReset());
    }

    private static byte[] DigestOf(long offset, ReadOnlySpan<byte> block)
    {
        using var hash = Begin(offset);
        hash.AppendData(block);
        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(long offset)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> place = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, offset);
        hash.AppendData(place);
        return hash;
    }
}
