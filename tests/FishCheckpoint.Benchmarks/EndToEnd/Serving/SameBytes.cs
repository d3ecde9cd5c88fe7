using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Serving;

/// <summary>Whether an answer is a file, byte for byte: asked once before anything is measured.</summary>
internal static class SameBytes
{
    /// <summary>Reads an answer beside a file.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public static void Require(RawGet client, Uri resource, string path)
    {
        using var file = File.OpenHandle(path);
        var (expected, offset) = (new byte[1 << 20], 0L);
        client.Read(resource, RandomAccess.GetLength(file), received =>
        {
            for (; received.Length > 0; received = received[Math.Min(received.Length, expected.Length)..])
            {
                var part = expected.AsSpan(0, Math.Min(received.Length, expected.Length));
                PositionalFile.ReadExactly(file, offset, part, path);
                if (!received[..part.Length].SequenceEqual(part))
                {
                    throw new InvalidDataException($"{resource} is not {path}: it differs after byte {offset}.");
                }

                offset += part.Length;
            }
        });
    }
}
