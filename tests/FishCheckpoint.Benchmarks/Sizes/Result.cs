using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>What a contender did with a pair.</summary>
/// <param name="peer">The contender.</param>
internal sealed class Result(IPeer peer)
{
    private readonly Samples encoding = new();
    private readonly Samples decoding = new();

    /// <summary>The contender's name.</summary>
    public string Name => peer.Name;

    /// <summary>Bytes of the encoded pair.</summary>
    public long Bytes { get; private set; }

    /// <summary>Seconds spent.</summary>
    public double Spent => encoding.Total + decoding.Total;

    /// <summary>Encoding speed, in MB of the model a second.</summary>
    public string EncodeRate(long bytes) => encoding.Rate(bytes / 1e6);

    /// <summary>Decoding speed, in MB of the model a second.</summary>
    public string DecodeRate(long bytes) => decoding.Rate(bytes / 1e6);

    /// <summary>Forgets the times so far: they were for warming up.</summary>
    public Result Warmed() => new(peer) { Bytes = Bytes };

    /// <summary>Encodes and decodes once, and compares every byte of what came back.</summary>
    /// <exception cref="InvalidDataException">Something else came back.</exception>
    public void Round(Pair pair, Checkpoint target)
    {
        target.Become(pair.Before);
        var encoded = encoding.Time(() => peer.Encode(pair.Before, pair.After));
        decoding.Time(() => peer.Decode(pair.Before, encoded, target));
        if (!target.Equals(pair.After))
        {
            throw new InvalidDataException($"{peer.Name} did not give back {pair.Title}.");
        }

        Bytes = encoded.Length;
    }
}
