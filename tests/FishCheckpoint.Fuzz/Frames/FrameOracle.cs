using System.Buffers.Binary;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Errors;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Reads a delta by each way that there is: as a stream, by a restore, by a verification, and once more after it was encoded
/// again.</summary>
/// <param name="world">The layout and the parent.</param>
/// <param name="spool">A folder.</param>
internal sealed class FrameOracle(FrameWorld world, string spool)
{
    /// <summary>Reads frames, and compares.</summary>
    /// <param name="mask">The mask; <see langword="null"/> for a frame of blocks.</param>
    /// <param name="values">The values after those that they are predicted from, or the frame of blocks.</param>
    /// <returns>What the delta is like.</returns>
    /// <exception cref="FishException">It is refused, and by a verification too.</exception>
    /// <exception cref="WrongException">One way gives another answer than another.</exception>
    public string Check(IFrame? mask, IFrame[] values)
    {
        var (changes, refused) = Try(() => Flatten(mask, values));
        var (restored, _) = Try(() => Restore(mask, values));
        var (sound, allSound) = Verify(mask, values);
        if (refused is not null)
        {
            WrongException.Unless(!allSound, $"A verification finds nothing wrong, but reading is refused: {refused.Message}");
            throw refused;
        }

        WrongException.Unless(sound, "A verification finds damage in what is read.");
        var expected = world.Parent.Copy();
        foreach (var (tensor, position, value) in changes!)
        {
            WrongException.Unless(position < world.Layout.Tensors[tensor].Units,
                $"Position {position} of tensor {tensor} is past its end.");
            value.CopyTo(expected.Tensors[tensor].AsSpan((int)position * value.Length));
        }

        WrongException.Unless(restored is not null && Same(restored, expected), "A restore gives another state than the delta.");
        Again(mask, values, changes);
        return $"{Math.Min(changes.Count, 3)} changes, forms {Forms(mask)} {string.Join(' ', values.Select(Forms))}";
    }

    private static (T? Value, FishException? Refused) Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return (read(), null);
        }
        catch (FishException error)
        {
            return (null, error);
        }
    }

    private IDeltaReader Open(IFrame? mask, IFrame[] values) =>
        mask is null ? new BlocksDecoder(values[^1], world.Layout, world.Parent)
            : new DeltaDecoder(mask, values, world.Layout, world.Parent);

    private List<(int Tensor, long Position, byte[] Value)> Flatten(IFrame? mask, IFrame[] values)
    {
        var reader = Open(mask, values);
        using (reader as IDisposable)
        {
            return MemoryModel.Flatten(reader);
        }
    }

    private MemoryModel Restore(IFrame? mask, IFrame[] values)
    {
        var (cursor, state) = (DeltaCursor.Open(mask, values, world.Layout, "fuzz/1"), world.Parent.Copy());
        for (var tensor = 0; tensor < world.Layout.Tensors.Count; tensor++)
        {
            var info = world.Layout.Tensors[tensor];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                if (cursor.Touches(tensor, block))
                {
                    cursor.Apply(tensor, block, state.Tensors[tensor].AsSpan((int)block * Blocks.Size, Blocks.LengthOf(info, block)));
                }
            }
        }

        return state;
    }

    // The last frame alone, and with all that it is predicted from: a check reports damage of the frame that has it.
    private (bool Last, bool All) Verify(IFrame? mask, IFrame[] values)
    {
        CheckedFrame[] frames = [.. values.Select(frame => new CheckedFrame(frame))];
        try
        {
            switch (mask, frames.Length)
            {
                case (null, _): BlocksCheck.Run(frames, world.Layout, world.Parent); break;
                case (_, 1): MaskedCheck.Run(mask, frames, world.Layout, world.Parent); break;
                default: PredictionChainCheck.Run(mask, frames, world.Layout); break;
            }

            if (mask is not null)
            {
                RequireMask(mask);
            }

            return (IsSound(frames[^1]), frames.All(IsSound));
        }
        catch (FishException)
        {
            return (false, false);
        }
        finally
        {
            Array.ForEach(frames, frame => frame.Dispose());
        }
    }

    private static bool IsSound(CheckedFrame frame) => frame.Damage is null && frame.IsDecoded;

    private void RequireMask(IFrame mask)
    {
        using var decoder = new MaskDecoder(mask, world.Layout);
        var positions = new long[DeltaChunk.Capacity];
        while (decoder.Next is { } entry)
        {
            decoder.ReadNext(positions.AsSpan(0, entry.Count));
        }

        decoder.RequireDigest();
    }

    private void Again(IFrame? mask, IFrame[] values, List<(int Tensor, long Position, byte[] Value)> changes)
    {
        var reader = Open(mask, values);
        using (reader as IDisposable)
        {
            var effort = (CodecEffort)(values[^1].PayloadLength % 3);
            using var encoded = DeltaEncoder.Encode(reader, world.Parent, default, new CodecOptions { Effort = effort }, spool);
            var again = Flatten(encoded.Mask, [encoded.Values]);
            WrongException.Unless(
                changes.Count == again.Count && changes.Zip(again).All(pair =>
                    pair.First.Tensor == pair.Second.Tensor && pair.First.Position == pair.Second.Position && pair.First.Value.AsSpan()
                        .SequenceEqual(pair.Second.Value)),
                "The delta is another one after it was encoded again.");
        }
    }

    private static bool Same(MemoryModel one, MemoryModel other) => one.Tensors.Zip(other.Tensors)
        .All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    // The first bytes of the first chunk say its form.
    private static string Forms(IFrame? frame)
    {
        var first = new byte[Math.Min(2, frame?.PayloadLength ?? 0)];
        frame?.ReadPayload(0, first);
        return Convert.ToHexString(first);
    }
}

/// <summary>Frames in one input, each with its length before it. Any bytes are such: what does not add up is the last frame.</summary>
internal static class FrameInput
{
    private const int Most = 6;

    public static byte[] Write(IEnumerable<byte[]> frames)
    {
        var all = new List<byte>();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var frame in frames)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, frame.Length);
            all.AddRange(length);
            all.AddRange(frame);
        }

        return [.. all];
    }

    public static List<byte[]> Read(byte[] input)
    {
        var frames = new List<byte[]>();
        var rest = input.AsSpan();
        while (rest.Length >= sizeof(int) && frames.Count < Most)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            rest = rest[sizeof(int)..];
            var frame = length < 0 || length > rest.Length ? rest : rest[..length];
            frames.Add(frame.ToArray());
            rest = rest[frame.Length..];
        }

        return frames;
    }
}
