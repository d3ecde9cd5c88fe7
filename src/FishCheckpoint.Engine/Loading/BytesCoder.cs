using System.Buffers;
using System.Security.Cryptography;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Encodes plain bytes, such as a trainer state, as a frame and decodes them.</summary>
internal static class BytesCoder
{
    /// <summary>Encodes a stream to its end.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="options">The compression.</param>
    /// <param name="writer">A new writer of <see cref="FrameKind.Bytes"/>.</param>
    /// <param name="limit">The most bytes accepted.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The frame; <paramref name="writer"/> owns its payload.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TooLarge"/>.</exception>
    public static async Task<IFrame> EncodeAsync(
        Stream content, CodecOptions options, FrameWriter writer, long limit, CancellationToken cancellationToken = default)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rented = ArrayPool<byte>.Shared.Rent((3 * ChunkIndex.BytesPerChunk) + 64);
        try
        {
            return await EncodeAsync(content, options, writer, limit, digest, rented, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Opens a frame of <see cref="EncodeAsync(Stream, CodecOptions, FrameWriter, long, CancellationToken)"/> as a stream.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="owner">Disposed with the stream; may be <see langword="null"/>.</param>
    public static Stream Open(IFrame frame, IDisposable? owner) => new BytesStream(frame, owner);

    private static async Task<IFrame> EncodeAsync(
        Stream content, CodecOptions options, FrameWriter writer, long limit, IncrementalHash digest, byte[] buffer,
        CancellationToken cancellationToken)
    {
        var raw = buffer.AsMemory(0, ChunkIndex.BytesPerChunk);
        var total = 0L;
        while (await content.ReadAtLeastAsync(raw, raw.Length, throwOnEndOfStream: false, cancellationToken) is var read and > 0)
        {
            if ((total += read) > limit)
            {
                throw new FishException(
                    ErrorCode.TooLarge, "state", $"The trainer state exceeds {limit} bytes.", "Raise the limit, or store less.");
            }

            digest.AppendData(raw.Span[..read]);
            Append(writer, options, raw.Span[..read], buffer.AsSpan(ChunkIndex.BytesPerChunk));
        }

        return writer.Finish(Digest.Finish(digest));
    }

    private static void Append(FrameWriter writer, CodecOptions options, ReadOnlySpan<byte> raw, Span<byte> room)
    {
        const int again = ChunkIndex.BytesPerChunk + 64;
        var encoded = ChunkCoder.EncodeBytes(raw, options, room[..again]);
        ChunkCoder.DecodeBytes(room[..encoded], room.Slice(again, raw.Length));
        if (!raw.SequenceEqual(room.Slice(again, raw.Length)))
        {
            throw DeltaEncoder.NotTheSame();
        }

        writer.Append(0, raw.Length, 0, 0, room[..encoded]);
    }

    private sealed class BytesStream : ReadOnlyStream, IDigestedContent
    {
        private readonly IFrame frame;
        private readonly IDisposable? owner;
        private readonly FrameHead head;
        private readonly ChunkEntry[] entries;
        private readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
        private readonly byte[] raw = new byte[ChunkIndex.BytesPerChunk];
        private int next;
        private Memory<byte> rest;

        public BytesStream(IFrame frame, IDisposable? owner)
        {
            (this.frame, this.owner) = (frame, owner);
            head = FrameHead.Parse(frame.Head);
            entries = ChunkIndex.ReadBytes(frame, head);
            if (entries.Length == 0)
            {
                CheckDigest();
            }
        }

        public override long Length => head.Count;

        public Digest Sha256 => head.Digests[0];

        public override int Read(Span<byte> buffer)
        {
            if (rest.Length == 0 && next < entries.Length)
            {
                Decode();
            }

            var count = Math.Min(buffer.Length, rest.Length);
            rest.Span[..count].CopyTo(buffer);
            rest = rest[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            digest.Dispose();
            owner?.Dispose();
            base.Dispose(disposing);
        }

        // Checks the digest before it hands out the last chunk.
        private void Decode()
        {
            var entry = entries[next];
            var decoded = raw.AsMemory(0, entry.Count);
            ChunkCoder.DecodeBytes(ChunkIndex.ReadChunk(frame, entry, encoded), decoded.Span);
            digest.AppendData(decoded.Span);
            if (next == entries.Length - 1)
            {
                CheckDigest();
            }

            // Advances only after the check, so that another read after an error fails again.
            (rest, next) = (decoded, next + 1);
        }

        private void CheckDigest()
        {
            if (Digest.From(digest.GetCurrentHash()) != head.Digests[0])
            {
                throw new FishException(ErrorCode.CorruptFrame, "state", "The digest of the bytes differs from the frame's.",
                    "Verify the checkpoint.");
            }
        }
    }
}
