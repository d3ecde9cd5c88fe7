using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>
/// A float32 model whose trainer moves a part of its values. What moves lies within a fixed part of the positions, as the highest Fisher
/// information does; each step draws a new mask from that part, or keeps it.
/// </summary>
internal sealed class ReclaimModel
{
    private const int Rows = 1024;
    private const int Columns = 1024;
    private const int Hot = 75;
    private const int PerThousand = 1000;

    private readonly Random random;
    private readonly byte[][] data;
    private readonly long[][] hot;

    /// <param name="megabytes">Its size; each tensor has four of them.</param>
    /// <param name="seed">What moves, and how. The base is the same for all.</param>
    public ReclaimModel(int megabytes, int seed)
    {
        Layout = new Layout(
            [.. Enumerable.Range(0, megabytes / 4).Select(index => new TensorInfo($"layers.{index}.weight", DType.F32, [Rows, Columns]))]);
        var start = new Random(1);
        data = [.. Layout.Tensors.Select(tensor => Values(start, tensor))];
        random = new Random(seed);
        hot =
            [
                .. Layout.Tensors.Select(
                    tensor => Enumerable.Range(0, (int)tensor.Units).Where(_ => random.Next(PerThousand) < Hot).Select(unit => (long)unit)
                    .ToArray())];
    }

    public Layout Layout { get; }

    /// <summary>Bytes of the model as a file.</summary>
    public byte[] Header => HeaderWriter.Create(Layout.Tensors).ToFileBytes();

    /// <summary>The whole model as a file.</summary>
    public Stream ToFile() => new MemoryStream([.. Header, .. data.SelectMany(tensor => tensor)]);

    /// <summary>Draws a mask.</summary>
    /// <param name="share">Of the positions that move at all.</param>
    public Mask Draw(double share) => Mask.Create(
        Layout, hot.Select(
            (positions, tensor) => new TensorMask(
                tensor, positions.Where((_, index) => index == 0 || random.NextDouble() < share).ToArray())));

    /// <summary>Moves the values of a mask.</summary>
    /// <returns>What changed.</returns>
    public Delta Next(Mask mask)
    {
        foreach (var tensor in mask.Tensors)
        {
            var values = MemoryMarshal.Cast<byte, uint>(data[tensor.Tensor].AsSpan());
            foreach (var position in tensor.Positions.Span)
            {
                values[(int)position] += (uint)random.Next(-1 << 20, 1 << 20);
            }
        }

        return MaskedState.Gather(mask, tensor => data[tensor]);
    }

    /// <summary>The digest of the whole model as a file.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Header);
        foreach (var tensor in data)
        {
            hash.AppendData(tensor);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Between 0.01 and 0.03, of either sign: no step carries a value over to another sign or to what is no number.
    private static byte[] Values(Random random, TensorInfo tensor)
    {
        var bytes = new byte[tensor.Bytes];
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
        {
            value = (0.01f + (random.NextSingle() * 0.02f)) * (random.Next(2) == 0 ? 1 : -1);
        }

        return bytes;
    }
}
