using System.Buffers.Binary;

namespace FishCheckpoint.Fuzz.Frames;

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
