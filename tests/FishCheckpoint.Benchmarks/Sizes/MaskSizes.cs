using System.Text;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>What positions take: a FISH mask's, and as many random ones.</summary>
internal static class MaskSizes
{
    private const int WarmUps = 20;
    private const int Rounds = 9;

    public static string Run(FishFolder fish)
    {
        var table = new StringBuilder();
        foreach (var (title, file) in new[] { ("a FISH mask", "mask.safetensors"), ("random positions", "random.safetensors") })
        {
            var mask = fish.Mask(file);
            table.AppendLine($"### Positions: {title}\n");
            table.AppendLine(
                $"{mask.Count:N0} of {mask.Layout.Elements:N0} elements ({(double)mask.Count / mask.Layout.Elements:P2}), "
                + $"in {mask.Tensors.Count} of {mask.Layout.Tensors.Count} tensors.\n");
            table.AppendLine("| encoding | bytes | bits a position | encode, million positions/s |\n|---|---:|---:|---:|");
            Row("int32", mask.Count * sizeof(int), null);
            Row("*bound, all positions alike*: log2 C(n, k)", Bound(mask.Layout.Elements, mask.Count) / 8, null);
            Row(
                "*bound, by each tensor's density*",
                mask.Tensors.Sum(tensor => Bound(mask.Layout.Tensors[tensor.Tensor].Units, tensor.Positions.Length)) / 8, null);
            Timed(
                "varint gaps + zstd-1", () => Zstandard.Compress(GapBytes.Encode(mask), 1),
                encoded => Require(mask, GapBytes.Decode(encoded, mask.Layout)));
            Timed(
                "varint gaps + zstd-19", () => Zstandard.Compress(GapBytes.Encode(mask), 19),
                encoded => Require(mask, GapBytes.Decode(encoded, mask.Layout)));
            var delta = MaskedState.Gather(mask, tensor => fish.Base.Tensors[tensor]);
            foreach (var (name, effort) in new[] { ("small", CodecEffort.Small), ("fast", CodecEffort.Fast) })
            {
                var chunks = new PositionChunks(mask, effort);
                Timed($"FishCheckpoint {name}, chunks of positions alone", chunks.Encode, chunks.Check);
            }

            foreach (var ours in Ours.All)
            {
                Timed(
                    $"{ours.Name}, mask's whole frame (timed with its values, digests and proof)",
                    () => ours.EncodeMask(delta.OpenReader()),
                    encoded => Require(mask, Ours.DecodeMask(encoded, mask.Layout)));
            }

            table.AppendLine();

            void Timed(string name, Func<byte[]> encode, Action<byte[]> check)
            {
                var (samples, encoded) = (new Samples(), encode());
                check(encoded);
                for (var round = 0; round < WarmUps; round++)
                {
                    encode();
                }

                for (var round = 0; round < Rounds; round++)
                {
                    samples.Time(encode);
                }

                Row(name, encoded.Length, samples.Rate(mask.Count / 1e6));
            }

            void Row(string name, double bytes, string? rate) =>
                table.AppendLine($"| {name} | {bytes:N0} | {8 * bytes / mask.Count:0.00} | {rate} |");
        }

        return table.ToString();
    }

    private static void Require(Mask expected, Mask found)
    {
        if (expected.Id != found.Id)
        {
            throw new InvalidDataException("Other positions came back.");
        }
    }

    // log2 of the number of ways to choose k of n.
    private static double Bound(long n, long k) => (LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k)) / Math.Log(2);

    // Stirling's series, where its third term is below what a double can tell.
    private static double LogFactorial(long n) => n < 256 ? Enumerable.Range(1, (int)n).Sum(part => Math.Log(part))
        : (n * Math.Log(n)) - n + (Math.Log(2 * Math.PI * n) / 2) + (1.0 / (12 * n)) - (1.0 / (360.0 * n * n * n));
}
