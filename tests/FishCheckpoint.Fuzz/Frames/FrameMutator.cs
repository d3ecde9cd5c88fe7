using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Changes frames: their bytes as they lie, or one part of one of them, with what depends on it made to fit.</summary>
internal static class FrameMutator
{
    /// <summary>Changes an input of frames.</summary>
    /// <param name="random">Draws.</param>
    /// <param name="input">The input.</param>
    /// <param name="other">Another one, to take from.</param>
    /// <param name="forge">Makes digests fit what the frames hold now.</param>
    public static byte[] Mutate(Random random, byte[] input, byte[] other, Func<List<byte[]>, List<byte[]>> forge)
    {
        var frames = FrameInput.Read(input);
        if (frames.Count == 0 || random.Next(10) == 0)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        var (which, others) = (random.Next(frames.Count), FrameInput.Read(other));
        switch (random.Next(20))
        {
            case 0:
                frames[which] = ByteMutator.Mutate(random, frames[which], others.Count > 0 ? others[random.Next(others.Count)] : other);
                break;
            case 1 when others.Count > 0:
                frames[which] = others[random.Next(others.Count)];
                break;
            case 2:
                frames.RemoveAt(which);
                break;
            case 3:
                frames.Insert(random.Next(frames.Count + 1), frames[which]);
                break;
            default:
                if (FrameParts.Read(frames[which]) is { } parts)
                {
                    Change(random, parts, others.Count > 0 ? FrameParts.Read(others[random.Next(others.Count)]) : null);
                    frames[which] = parts.ToArray();
                }

                frames = random.Next(4) > 0 ? forge(frames) : frames;
                break;
        }

        return FrameInput.Write(frames);
    }

    private static void Change(Random random, FrameParts parts, FrameParts? other)
    {
        if (parts.Chunks.Count == 0)
        {
            parts.Count = ByteMutator.Number(random) & long.MaxValue;
            return;
        }

        var at = random.Next(parts.Chunks.Count);
        var chunk = parts.Chunks[at];
        var taken = other?.Chunks.Count > 0 ? other.Chunks[random.Next(other.Chunks.Count)] : chunk;
        switch (random.Next(16))
        {
            case 0:
                parts.Chunks.RemoveAt(at);
                break;
            case 1:
                parts.Chunks.Insert(random.Next(parts.Chunks.Count + 1), chunk.Copy());
                break;
            case 2:
                chunk.Bytes = taken.Bytes;
                break;
            case 3 when taken.Fields.Length == chunk.Fields.Length:
                parts.Chunks.Insert(at, taken.Copy());
                break;
            case 4:
                parts.Digests[random.Next(parts.Digests.Length)] = Digest.Of(BitConverter.GetBytes(random.Next(3)));
                break;
            case 5:
                parts.Count = ByteMutator.Number(random) & long.MaxValue;
                return;
            case 6 or 7 or 8 when chunk.Fields.Length > 0:
                ref var field = ref chunk.Fields[random.Next(chunk.Fields.Length)];
                field = random.Next(2) == 0 ? field + (ulong)random.Next(-2, 3) : (ulong)ByteMutator.Number(random);
                break;
            default:
                chunk.Bytes = ByteMutator.Mutate(random, chunk.Bytes, taken.Bytes);
                break;
        }

        if (FrameParts.CountFieldOf(parts.Kind) is var counts and >= 0 && random.Next(20) > 0)
        {
            parts.Count = (long)parts.Chunks.Aggregate(0UL, (sum, each) => sum + each.Fields[counts]) & long.MaxValue;
        }
    }
}
