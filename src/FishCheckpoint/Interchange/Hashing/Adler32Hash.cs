namespace FishCheckpoint.Interchange.Hashing;

/// <summary>Adler-32 (RFC 1950, 8.2), written as eight digits.</summary>
public sealed class Adler32Hash : IContentHash
{
    private const uint Modulus = 65521;

    // As many bytes as can be added before the second sum leaves 32 bits, in whole runs of 16.
    private const int Most = 5552;

    private uint first = 1;
    private uint second;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var (a, b) = (first, second);
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(Most, bytes.Length)];
            bytes = bytes[part.Length..];
            for (; part.Length >= 16; part = part[16..])
            {
                // Sixteen at once: the second sum gets the first one sixteen times, and each byte as often as it is still in it.
                uint sum = 0, weighted = 0;
                for (var index = 0; index < 16; index++)
                {
                    sum += part[index];
                    weighted += (uint)(16 - index) * part[index];
                }

                b += (16 * a) + weighted;
                a += sum;
            }

            foreach (var value in part)
            {
                a += value;
                b += a;
            }

            (a, b) = (a % Modulus, b % Modulus);
        }

        (first, second) = (a, b);
    }

    /// <inheritdoc/>
    public string Finish() => $"{(second << 16) | first:x8}";
}
