namespace FishCheckpoint.Interchange.Pickles;

/// <summary>Limits on reading a pickle. Everything is counted before it is allocated.</summary>
internal sealed record PickleLimits
{
    /// <summary>The largest pickle, in bytes. Default: 128 MiB; a model of 10,000 tensors needs about 2 MiB.</summary>
    public long MaxLength { get; init; } = 128L << 20;

    /// <summary>The largest number of containers, texts and other objects. Default: 4 million.</summary>
    public int MaxObjects { get; init; } = 4 << 20;

    /// <summary>The largest number of entries in the stack and in containers. Default: 16 million.</summary>
    public int MaxItems { get; init; } = 16 << 20;
}
