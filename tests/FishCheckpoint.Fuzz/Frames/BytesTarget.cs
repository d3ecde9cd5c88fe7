using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>A trainer state as a frame.</summary>
internal sealed class BytesTarget : FuzzTarget
{
    private const string Spool = "no folder: what is so small is not spooled";

    public override string Name => "bytes";

    public override IReadOnlyList<byte[]> Seeds { get;
        } = [.. Contents().SelectMany(content => Options().Select(options => Encode(content, options)))];

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (random.Next(4) > 0 && FrameParts.Read(input) is { Chunks.Count: > 0 } parts)
        {
            var chunk = parts.Chunks[random.Next(parts.Chunks.Count)];
            chunk.Bytes = ByteMutator.Mutate(random, chunk.Bytes, other);
            parts.Count = random.Next(4) == 0 ? parts.Count + random.Next(-2, 3) : parts.Count;
            return Forge(parts);
        }

        return ByteMutator.Mutate(random, input, other);
    }

    public override string Run(byte[] input)
    {
        var read = Read(input);
        WrongException.Unless(read.Length == FrameHead.Parse(input).Count, "The stream is not as long as it says.");
        WrongException.Unless(
            Read(Encode(read, new CodecOptions())).AsSpan().SequenceEqual(read), "The bytes are others after they were encoded again.");
        return $"{Math.Min(2, read.Length)} bytes, form {input[FrameHead.Parse(input).Length..].FirstOrDefault()}";
    }

    private static byte[] Read(byte[] input)
    {
        var length = FrameHead.ReadLength(input.AsSpan(0, Math.Min(input.Length, FrameHead.FixedLength)), input.Length);
        using var stream = BytesCoder.Open(new MemoryFrame(input[..length], input[length..]), null);
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    // With the digest of what the frame holds now.
    private static byte[] Forge(FrameParts parts)
    {
        try
        {
            var total = new List<byte>();
            for (var (chunk, left) = (0, parts.Count); chunk < parts.Chunks.Count; chunk++, left -= ChunkIndex.BytesPerChunk)
            {
                var bytes = new byte[Math.Clamp(left, 0, ChunkIndex.BytesPerChunk)];
                ChunkCoder.DecodeBytes(parts.Chunks[chunk].Bytes, bytes);
                total.AddRange(bytes);
            }

            parts.Digests[0] = Digest.Of([.. total]);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // What is wrong with it shows when it is read.
        }

        return parts.ToArray();
    }

    private static byte[] Encode(byte[] content, CodecOptions options)
    {
        using var writer = new FrameWriter(FrameKind.Bytes, Spool);
        return MemoryFrame.Of(
            BytesCoder.EncodeAsync(new MemoryStream(content), options, writer, long.MaxValue).GetAwaiter().GetResult()).ToArray();
    }

    private static IEnumerable<CodecOptions> Options() =>
        Enum.GetValues<Compression>().Select(compression => new CodecOptions(compression, compression));

    private static IEnumerable<byte[]> Contents()
    {
        var (random, moments) = (new Random(5), new byte[6000]);
        for (var at = 0; at < moments.Length; at += sizeof(float))
        {
            BitConverter.TryWriteBytes(moments.AsSpan(at), random.NextSingle() * 1e-3f);
        }

        yield return [];
        yield return [7];
        yield return [.. Enumerable.Range(0, 300).Select(index => (byte)(index % 7))];
        yield return moments;
        yield return [.. Enumerable.Range(0, ChunkIndex.BytesPerChunk + 40).Select(index => (byte)(index % 11))];
    }
}
