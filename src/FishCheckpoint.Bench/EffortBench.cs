using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>Encodes and decodes a pair with one effort, on one thread.</summary>
/// <param name="name">The encoding's name.</param>
/// <param name="effort">The effort.</param>
/// <param name="pair">The pair.</param>
/// <param name="spoolFolder">The folder for frames that are too large for memory.</param>
internal sealed class EffortBench(string name, CodecEffort effort, BenchPair pair, string spoolFolder)
{
    private readonly byte[] state = new byte[Blocks.Size];
    private readonly byte[] expected = new byte[Blocks.Size];

    public string Name => name;

    public long Bytes { get; private set; }

    /// <summary>Whether every block was restored in every round.</summary>
    public bool IsBitExact { get; private set; } = true;

    public Timings Encoding { get; } = new();

    public Timings Decoding { get; } = new();

    /// <summary>
    /// Encodes the pair like a save (finds changes, hashes them, decodes the result again), decodes it, and compares every byte.
    /// </summary>
    public void Round(CancellationToken cancellation)
    {
        using var encoded = Encoding.Time(() => BlocksEncoder.TryEncode(
            new StateDiff(pair.Before, pair.After), pair.Before, default, new CodecOptions { Effort = effort }, spoolFolder,
            cancellation: cancellation)!);
        Bytes = encoded.Length;
        Decode(encoded, cancellation);
    }

    // Times only the decoding: a restore also reads the parent and sends the result.
    private void Decode(EncodedDelta encoded, CancellationToken cancellation)
    {
        var begin = Stopwatch.GetTimestamp();
        var delta = DeltaCursor.Open(null, [encoded.Values], pair.Layout, name);
        var spent = Stopwatch.GetElapsedTime(begin);
        for (var tensor = 0; tensor < pair.Layout.Tensors.Count; tensor++)
        {
            var info = pair.Layout.Tensors[tensor];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                cancellation.ThrowIfCancellationRequested();
                var length = Blocks.LengthOf(info, block);
                pair.Before.ReadBlock(tensor, block, state.AsSpan(0, length));
                begin = Stopwatch.GetTimestamp();
                delta.Apply(tensor, block, state.AsSpan(0, length));
                spent += Stopwatch.GetElapsedTime(begin);
                pair.After.ReadBlock(pair.Targets[tensor], block, expected.AsSpan(0, length));
                IsBitExact &= state.AsSpan(0, length).SequenceEqual(expected.AsSpan(0, length));
            }
        }

        Decoding.Add(spent);
    }
}
