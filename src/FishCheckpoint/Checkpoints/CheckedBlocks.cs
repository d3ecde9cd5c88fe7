using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// A body in which each block can be verified on arrival. Blocks have <see cref="BlockSize"/> bytes, the last one may be shorter; each is
/// followed by <c>SHA-256(offset block)</c>. The offset is the block's position in the whole content (8 bytes, little-endian), so that
/// blocks cannot be swapped.
/// </summary>
internal static class CheckedBlocks
{
    /// <summary>The media type of such a body.</summary>
    public const string MediaType = "application/vnd.fishcheckpoint.checked";

    /// <summary>Bytes in a block, without its digest.</summary>
    public const int BlockSize = 1 << 20;

    /// <summary>The length of the checked body for a number of bytes.</summary>
    /// <param name="bytes">Bytes of the content.</param>
    public static long LengthOf(long bytes) => checked(bytes + ((bytes + BlockSize - 1) / BlockSize * Digest.Size));

    /// <summary>Writes a body.</summary>
    /// <param name="offset">The first byte of the content to send.</param>
    /// <param name="length">The number of bytes to send.</param>
    /// <param name="produce">Writes these bytes without completing the pipe.</param>
    /// <param name="destination">Written and flushed incrementally; not completed.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <exception cref="InvalidOperationException">The producer wrote another number of bytes.</exception>
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

        // Rethrows the producer's error; without one, the producer wrote too little.
        await producing;
        if (length > 0)
        {
            throw new InvalidOperationException("The producer wrote too few bytes.");
        }
    }

    /// <summary>Reads and verifies the next block of a body.</summary>
    /// <param name="source">The body.</param>
    /// <param name="offset">The block's first byte in the whole content.</param>
    /// <param name="block">Filled with the block; its length is the expected length.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <returns><see langword="false"/> if the block is corrupt; its bytes must not be used.</returns>
    /// <exception cref="EndOfStreamException">The body ends before the block does.</exception>
    public static async ValueTask<bool> ReadAsync(Stream source, long offset, Memory<byte> block, CancellationToken cancellation)
    {
        var digest = new byte[Digest.Size];
        await source.ReadExactlyAsync(block, cancellation);
        await source.ReadExactlyAsync(digest, cancellation);
        return DigestOf(offset, block.Span).AsSpan().SequenceEqual(digest);
    }

    /// <summary>The error for content that changed in transit.</summary>
    /// <param name="what">The name of the content.</param>
    /// <param name="offset">The offset of the first corrupt block.</param>
    public static FishException Mismatch(string what, long offset) => new(
        ErrorCode.DigestMismatch, what,
            $"The bytes from {offset} on were corrupt in two attempts. A proxy or the network changes them.",
        "No corrupt bytes were used. Load again over another network or without the proxy.");

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
