using System.Buffers.Binary;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Safetensors;

/// <summary>A safetensors file taken apart: length, header, data.</summary>
internal static class SafetensorsBytes
{
    /// <summary>Changes a file: its bytes, its header with a length that fits, or its data.</summary>
    public static byte[] Mutate(Random random, byte[] file, byte[] other)
    {
        var kind = random.Next(8);
        if (kind == 0 || !TrySplit(file, out var header, out var data) || !TrySplit(other, out var otherHeader, out var otherData))
        {
            return ByteMutator.Mutate(random, file, other);
        }

        return kind switch
        {
            1 => Join(header, ByteMutator.Mutate(random, data, otherData)),
            2 => Join(header, data[..random.Next(data.Length + 1)]),
            _ => Fit(random, JsonMutator.Mutate(random, header, otherHeader), data),
        };
    }

    /// <summary>Splits a file.</summary>
    public static bool TrySplit(byte[] file, out byte[] header, out byte[] data)
    {
        (header, data) = ([], []);
        if (file.Length < sizeof(long) || BinaryPrimitives.ReadUInt64LittleEndian(file) is var length
            && length > (ulong)(file.Length - sizeof(long)))
        {
            return false;
        }

        (header, data) = (file[sizeof(long)..(sizeof(long) + (int)length)], file[(sizeof(long) + (int)length)..]);
        return true;
    }

    public static byte[] Join(byte[] header, byte[] data) => [.. BitConverter.GetBytes((long)header.Length), .. header, .. data];

    // Mostly with as much data as the header tells of, where that is little: else no other lie would be seen.
    private static byte[] Fit(Random random, byte[] header, byte[] data)
    {
        try
        {
            if (random.Next(4) > 0 && HeaderParser.Parse(header, "fuzz").DataLength is var length and < 1 << 16 && length != data.Length)
            {
                var fitted = new byte[length];
                data.AsSpan(0, (int)Math.Min(length, data.Length)).CopyTo(fitted);
                data = fitted;
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // What is wrong with it shows when it is read.
        }

        return Join(header, data);
    }
}
