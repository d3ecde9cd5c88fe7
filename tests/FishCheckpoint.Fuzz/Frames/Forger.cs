using System.Security.Cryptography;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Gives frames the digests of what they hold, so that nothing behind these is hidden by them.</summary>
internal static class Forger
{
    /// <summary>Rewrites the digests, as far as the frames can be read.</summary>
    public static List<byte[]> Forge(List<byte[]> frames, FrameWorld world)
    {
        var forged = frames.ToList();
        try
        {
            if (FrameHead.Parse(forged[0]).Kind == FrameKind.Blocks)
            {
                var (mask, values) = Digests(new BlocksDecoder(MemoryFrame.Of(forged[0]), world.Layout, world.Parent), world.Layout);
                forged[0] = With(forged[0], mask, values);
            }
            else if (FrameHead.Parse(forged[0]).Kind == FrameKind.Mask)
            {
                ForgeMasked(forged, world);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // What is wrong with them shows when they are read.
        }

        return forged;
    }

    private static void ForgeMasked(List<byte[]> forged, FrameWorld world)
    {
        using var decoder = new MaskDecoder(MemoryFrame.Of(forged[0]), world.Layout);
        var positions = new long[DeltaChunk.Capacity];
        while (decoder.Next is { } entry)
        {
            decoder.ReadNext(positions.AsSpan(0, entry.Count));
        }

        var id = decoder.Finish();
        forged[0] = With(forged[0], id, null);
        for (var frame = 1; frame < forged.Count; frame++)
        {
            forged[frame] = With(forged[frame], id, null);
            IFrame[] row = [.. forged.Skip(1).Take(frame).Select(MemoryFrame.Of)];
            var (_, values) = Digests(new DeltaDecoder(MemoryFrame.Of(forged[0]), row, world.Layout, world.Parent), world.Layout);
            forged[frame] = With(forged[frame], id, values);
        }
    }

    private static (Digest Mask, Digest Values) Digests(IDeltaReader reader, Layout layout)
    {
        using var mask = new MaskDigest(layout.Id);
        using var values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new DeltaChunk();
        try
        {
            while (reader.Read(chunk))
            {
                mask.Add(chunk.Tensor, chunk.Positions);
                values.AppendData(chunk.Values);
            }
        }
        catch (FishException)
        {
            // At the latest for the digests that are wrong still.
        }

        return (mask.Finish(), Digest.Finish(values));
    }

    private static byte[] With(byte[] frame, Digest mask, Digest? values)
    {
        var head = FrameHead.Parse(frame);
        Digest[] digests = [.. head.Digests];
        digests[1] = mask;
        if (values is { } found)
        {
            digests[3] = found;
        }

        return [.. new FrameHead(head.Kind, digests, head.Chunks, head.Count, head.Index).ToArray(), .. frame.AsSpan(head.Length)];
    }
}
